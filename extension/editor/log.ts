import * as vscode from 'vscode';
import { InputError } from '../core/text/source.ts';
import { Command } from './contributions.ts';

/**
 * The log channel, and the one way in which a failure reaches the user: a mistake in the input as one message that names
 * the place and offers to go there, anything else as one message that offers the log. Never throws.
 */
export class Log implements vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel('Lockstep', { log: true });

  info(message: string): void {
    this.#channel.info(message);
  }

  show(): void {
    this.#channel.show(true);
  }

  /**
   * Tells of a failure. `locate` turns a file name of the core into a URI, when the caller knows the tree.
   * Returns at once: nobody waits for the user to read the message.
   */
  report(doing: string, error: unknown, locate?: (file: string) => vscode.Uri | undefined): void {
    if (error instanceof vscode.CancellationError || (error instanceof Error && error.name === 'AbortError')) {
      this.#channel.info(`${doing}: cancelled`);
      return;
    }
    if (error instanceof InputError) {
      const at = error.at;
      const place = at ? `${at.file}${at.line ? `:${at.line}` : ''}` : '';
      this.#channel.warn(`${doing}: ${place && !error.message.includes(place) ? `${place}: ` : ''}${error.message}`);
      const uri = at && locate?.(at.file);
      const text = place && !error.message.includes(at?.file ?? '') ? `${place}: ${error.message}` : error.message;
      void this.#offer(text, uri && at ? { title: 'Go to Line', uri: uri.toString(), line: at.line ?? 1 } : undefined);
      return;
    }
    this.#channel.error(error instanceof Error ? error : new Error(String(error)));
    void this.#offer(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
  }

  async #offer(text: string, go?: { title: string; uri: string; line: number }): Promise<void> {
    const choices = [...(go ? [go.title] : []), 'Show Log'];
    const chosen = await vscode.window.showErrorMessage(`Lockstep: ${text}`, ...choices);
    if (chosen === 'Show Log') this.show();
    else if (chosen && go) await vscode.commands.executeCommand(Command.reveal, { uri: go.uri, line: go.line });
  }

  dispose(): void {
    this.#channel.dispose();
  }
}
