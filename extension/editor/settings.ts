import * as vscode from 'vscode';
import type { FindingKind } from '../core/report/documents.ts';
import type { Confidence } from '../core/report/findingFilter.ts';
import { DEFAULT_INDEX_FOLDERS, DEFAULT_STEP_LIMIT, type HeldDisplay, Setting } from './contributions.ts';
import type { FindingSettings } from './findingSettings.ts';

function get<T>(name: string, fallback: T, scope?: vscode.Uri): T {
  return vscode.workspace.getConfiguration(undefined, scope).get<T>(name, fallback);
}

/** The settings as they are now: read when needed, never kept. */
export const settings = {
  hover: (uri: vscode.Uri) => get(Setting.hover, true, uri),
  lockHover: (uri: vscode.Uri) => get(Setting.lockHover, true, uri),
  findings: (uri: vscode.Uri): FindingSettings => ({
    enabled: get(Setting.findings, true, uri),
    kinds: get<readonly FindingKind[]>(Setting.findingKinds, [], uri),
    minimumConfidence: get<Confidence>(Setting.findingConfidence, 'medium', uri),
  }),
  heldDisplay: (uri?: vscode.Uri) => get<HeldDisplay>(Setting.heldDisplay, 'off', uri),
  codeLens: (uri: vscode.Uri) => get(Setting.codeLens, true, uri),
  navigation: () => get<'auto' | 'on' | 'off'>(Setting.navigation, 'auto'),
  indexEnabled: () => get(Setting.indexEnabled, true),
  indexFolders: () => get<readonly string[]>(Setting.indexFolders, DEFAULT_INDEX_FOLDERS),
  stepLimit: () => Math.max(100, Math.floor(get(Setting.stepLimit, DEFAULT_STEP_LIMIT))),
  kernelTree: (): vscode.Uri | undefined => {
    const path = get(Setting.kernelTree, '').trim();
    return path ? vscode.Uri.file(path) : undefined;
  },
};
