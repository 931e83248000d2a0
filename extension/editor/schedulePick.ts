import * as vscode from 'vscode';
import { readScript } from '../core/explore/script.ts';
import type { TraceDocument } from '../core/report/documents.ts';
import type { ScheduleChoice } from './engine.ts';
import { parseChoices, scheduleTitle } from './sessionKey.ts';

interface Item extends vscode.QuickPickItem {
  choose(): Promise<ScheduleChoice | undefined>;
}

/** Asks how the next thread is picked in the next run of the same scenario; undefined when the user lets it be. */
export async function pickSchedule(now: ScheduleChoice, run: TraceDocument): Promise<ScheduleChoice | undefined> {
  const items: Item[] = [
    {
      label: 'Round robin',
      description: 'one step each',
      choose: async () => ({ kind: 'round-robin' }),
    },
    {
      label: 'Round robin, several steps each…',
      choose: async () => {
        const quantum = await wholeNumber('Steps before the next thread has its turn', '10', 1);
        return quantum === undefined ? undefined : { kind: 'round-robin', quantum };
      },
    },
    {
      label: 'Random, new seed',
      description: 'each step by a thread picked at random; the seed is shown, and replays exactly',
      choose: async () => ({ kind: 'random', seed: Math.floor(Math.random() * 1_000_000) }),
    },
    {
      label: 'Random, given seed…',
      choose: async () => {
        const seed = await wholeNumber('Seed', now.kind === 'random' ? String(now.seed) : '1', 0);
        return seed === undefined ? undefined : { kind: 'random', seed };
      },
    },
    {
      label: 'Written…',
      description: 'a thread to a place, then another: dump to walk_pmd_range, remap0, dump',
      choose: async () => {
        const names = run.threads.map(t => t.name);
        const script = await vscode.window.showInputBox({
          prompt: `Entries "thread" or "thread to function:line", of ${names.join(', ')}. At the end the threads take turns.`,
          value: now.kind === 'script' ? now.script : `${names.at(-1)}, ${names[0]}`,
          validateInput: value => problem(() => readScript(value, names)),
        });
        return script === undefined ? undefined : { kind: 'script', script };
      },
    },
    {
      label: 'Replay a list…',
      description: 'pairs of thread and steps; this run’s own to start from',
      choose: async () => {
        const text = await vscode.window.showInputBox({
          prompt: 'Pairs "thread steps", threads counted from 0. After the last one the threads take turns.',
          value: pairs(now.kind === 'explicit' ? now.choices : run.schedule.choices),
          validateInput: value =>
            parseChoices(value) ? undefined : 'Write pairs of whole numbers, as in: 0 12, 1 5, 0 3',
        });
        const choices = text === undefined ? undefined : parseChoices(text);
        return choices && { kind: 'explicit', choices };
      },
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: `How the next thread is picked (now: ${scheduleTitle(now)})`,
    matchOnDescription: true,
  });
  return chosen?.choose();
}

function pairs(choices: readonly number[]): string {
  const out: string[] = [];
  for (let i = 0; i + 1 < choices.length; i += 2) out.push(`${choices[i]} ${choices[i + 1]}`);
  return out.join(', ');
}

async function wholeNumber(prompt: string, value: string, least: number): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    prompt,
    value,
    validateInput: t =>
      /^\d+$/.test(t.trim()) && Number(t) >= least && Number(t) < 2 ** 31 ? undefined : `A whole number from ${least}`,
  });
  return text === undefined ? undefined : Number(text);
}

/** What is wrong with what was typed, as its reader says it. */
function problem(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
