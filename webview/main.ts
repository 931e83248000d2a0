import { Panel } from './panel.ts';
import { type FromPanel, PROTOCOL, type ToPanel } from './protocol.ts';
import { type PanelState, readState } from './state.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: PanelState): void;
};

const vscode = acquireVsCodeApi();
const kept = readState(vscode.getState());
const root = document.getElementById('panel') ?? document.body.appendChild(document.createElement('div'));
root.id = 'panel';
const panel = new Panel(
  root,
  { post: message => vscode.postMessage(message), keep: state => vscode.setState(state) },
  kept,
);

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  // Messages of the host come from this window's own origin; a frame inside of it is not listened to.
  if (event.origin !== window.origin) return;
  const { data } = event;
  if (typeof data === 'object' && data !== null && 't' in data) panel.receive(data as ToPanel);
});

vscode.postMessage({ t: 'ready', protocol: PROTOCOL, ...(kept ? { state: kept } : {}) });
