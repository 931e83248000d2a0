/**
 * Everything Lockstep adds to the editor, typed once. package.json repeats it (`scripts/contributions.mjs` writes it
 * there) and a unit test compares the two. Imports nothing of the editor, so that tests and scripts can read it outside
 * VS Code.
 */

import { KINDS, kindNames } from '../core/report/findingKinds.ts';

export const Command = {
  simulate: 'lockstep.simulate',
  explore: 'lockstep.explore',
  showModel: 'lockstep.showModel',
  showContracts: 'lockstep.showContracts',
  chooseSchedule: 'lockstep.chooseSchedule',
  comparePatch: 'lockstep.comparePatch',
  openTrace: 'lockstep.openTrace',
  saveTrace: 'lockstep.saveTrace',
  nextEvent: 'lockstep.nextEvent',
  previousEvent: 'lockstep.previousEvent',
  indexTree: 'lockstep.indexTree',
  cancelIndexing: 'lockstep.cancelIndexing',
  toggleHeldLocks: 'lockstep.toggleHeldLocks',
  showLog: 'lockstep.showLog',
  /** Not in the palette: what the code of a finding opens. Argument: its kind. */
  explainFinding: 'lockstep.explainFinding',
  /** Not in the palette: what the panel's button runs. */
  exploreShown: 'lockstep.exploreShown',
  /** Not in the palette: what the quick fixes run. */
  suppressFinding: 'lockstep.suppressFinding',
  /** Not in the palette: what the links in hovers run. Argument: {@link RevealTarget}. */
  reveal: 'lockstep.reveal',
} as const;
export type Command = (typeof Command)[keyof typeof Command];

/** Argument of {@link Command.simulate} and {@link Command.explore} from a lens: URIs of the scenario and of the document that the lens is in. */
export interface SimulateTarget {
  readonly scenario: string;
  readonly document: string;
}

/** Argument of {@link Command.showModel} from a hover: a function and the file that defines it. */
export interface ModelTarget {
  readonly uri: string;
  readonly function: string;
}

/** Argument of {@link Command.reveal}: 1-based line and column in the file of that URI. */
export interface RevealTarget {
  readonly uri: string;
  readonly line: number;
  readonly column?: number;
}

export const Setting = {
  kernelTree: 'lockstep.kernelTree',
  hover: 'lockstep.hover.enabled',
  lockHover: 'lockstep.hover.locks',
  findings: 'lockstep.findings.enabled',
  findingKinds: 'lockstep.findings.kinds',
  findingConfidence: 'lockstep.findings.minimumConfidence',
  heldDisplay: 'lockstep.heldLocks.display',
  codeLens: 'lockstep.codeLens.enabled',
  navigation: 'lockstep.navigation',
  indexEnabled: 'lockstep.index.enabled',
  indexFolders: 'lockstep.index.folders',
  stepLimit: 'lockstep.stepLimit',
} as const;

export type HeldDisplay = 'off' | 'inlay' | 'gutter';

/** `when` keys that the extension sets. */
export const ContextKey = {
  /** A panel with a run is open. */
  panel: 'lockstep.panelOpen',
  /** Names of a tree are being indexed. */
  indexing: 'lockstep.indexing',
} as const;

export const PANEL_TYPE = 'lockstep.panel';
/** Schemes of the read-only documents: a function's model, a file's contracts, a source file as a patch leaves it. */
export const Scheme = {
  model: 'lockstep-model',
  contracts: 'lockstep-contracts',
  patched: 'lockstep-patched',
} as const;

/** What the open files of any subsystem mostly need: 7,500 files of 6.1, two seconds of one processor. */
export const DEFAULT_INDEX_FOLDERS: readonly string[] = ['include', 'arch/x86', 'kernel', 'lib', 'mm'];
export const DEFAULT_STEP_LIMIT = 200_000;

const CATEGORY = 'Lockstep';
const EDITOR_MENU = 'lockstep.editor';
/** Headers open as C++ in VS Code unless told otherwise. */
const IN_C = "editorLangId == c || (editorLangId == cpp && resourceExtname == '.h')";

/** Commands that take an argument: they are run by what Lockstep shows, and are not in the palette. */
const hidden = {
  [Command.reveal]: 'Reveal',
  [Command.explainFinding]: 'Explain Finding',
  [Command.suppressFinding]: 'Suppress Finding',
  [Command.exploreShown]: 'Explore What Is Shown',
} as const;

const titles: Readonly<Record<Exclude<Command, keyof typeof hidden>, { title: string; icon?: string; when?: string }>> =
  {
    [Command.simulate]: { title: 'Simulate', icon: '$(play)', when: 'isWorkspaceTrusted' },
    [Command.explore]: { title: 'Explore All Interleavings', icon: '$(checklist)', when: 'isWorkspaceTrusted' },
    [Command.showModel]: { title: 'Show Executable Model', when: IN_C },
    [Command.showContracts]: { title: 'Show Lock Contracts', when: IN_C },
    [Command.chooseSchedule]: { title: 'Choose Schedule…', when: `${ContextKey.panel} && isWorkspaceTrusted` },
    [Command.comparePatch]: { title: 'Compare With Patch…', when: 'isWorkspaceTrusted' },
    [Command.openTrace]: { title: 'Open Trace File…' },
    [Command.saveTrace]: { title: 'Save Trace File…', when: ContextKey.panel },
    [Command.nextEvent]: { title: 'Go to Next Event of the Run', when: ContextKey.panel },
    [Command.previousEvent]: { title: 'Go to Previous Event of the Run', when: ContextKey.panel },
    [Command.indexTree]: { title: 'Index Kernel Tree' },
    [Command.cancelIndexing]: { title: 'Stop Indexing', when: ContextKey.indexing },
    [Command.toggleHeldLocks]: { title: 'Toggle Held Locks', when: IN_C },
    [Command.showLog]: { title: 'Show Log' },
  };

/** What package.json's `contributes` must be. */
export function contributes() {
  return {
    commands: [
      ...Object.entries(titles).map(([command, { title, icon }]) => ({
        command,
        title,
        category: CATEGORY,
        ...(icon ? { icon } : {}),
      })),
      ...Object.entries(hidden).map(([command, title]) => ({ command, title, category: CATEGORY })),
    ],
    menus: {
      commandPalette: [
        ...Object.entries(titles).flatMap(([command, { when }]) => (when ? [{ command, when }] : [])),
        ...Object.keys(hidden).map(command => ({ command, when: 'false' })),
      ],
      'explorer/context': [
        { command: Command.openTrace, when: 'resourceFilename =~ /\\.trace\\.json$/', group: 'navigation@90' },
        {
          command: Command.comparePatch,
          when: 'resourceFilename =~ /\\.(patch|diff)$/ && isWorkspaceTrusted',
          group: '3_compare@90',
        },
      ],
      'editor/context': [{ submenu: EDITOR_MENU, when: IN_C, group: '1_lockstep' }],
      [EDITOR_MENU]: [
        { command: Command.simulate, when: 'isWorkspaceTrusted', group: '1_run@1' },
        { command: Command.explore, when: 'isWorkspaceTrusted', group: '1_run@2' },
        { command: Command.comparePatch, when: 'isWorkspaceTrusted', group: '1_run@3' },
        { command: Command.showModel, group: '2_show@1' },
        { command: Command.showContracts, group: '2_show@2' },
        { command: Command.toggleHeldLocks, group: '2_show@3' },
      ],
    },
    // A context menu shows titles without their category.
    submenus: [{ id: EDITOR_MENU, label: CATEGORY }],
    keybindings: [
      { command: Command.nextEvent, key: 'ctrl+alt+.', mac: 'cmd+alt+.', when: ContextKey.panel },
      { command: Command.previousEvent, key: 'ctrl+alt+,', mac: 'cmd+alt+,', when: ContextKey.panel },
    ],
    configuration: {
      title: 'Lockstep',
      properties: {
        [Setting.kernelTree]: {
          type: 'string',
          default: '',
          scope: 'machine-overridable',
          markdownDescription:
            'Folder of the kernel tree to read from when the file at hand is in none. Empty: the tree around the file (the nearest folder with `Makefile`, `Kbuild` and `include/linux`), then an open workspace folder, then the bundled sample.',
        },
        [Setting.hover]: {
          type: 'boolean',
          default: true,
          scope: 'resource',
          markdownDescription: 'Show the lock contract of a C function when the mouse rests on its name.',
        },
        [Setting.lockHover]: {
          type: 'boolean',
          default: true,
          scope: 'resource',
          markdownDescription:
            'Show, when the mouse rests on a lock, what it protects by evidence and in which order it is taken; on a field or global, the locks held where it is used; on a function, who calls it holding what.',
        },
        [Setting.findings]: {
          type: 'boolean',
          default: true,
          scope: 'resource',
          markdownDescription:
            'Report what may be wrong with locks in the open C files of a kernel tree, as the text changes: sure findings as warnings, less sure ones as information.',
        },
        [Setting.findingKinds]: {
          type: 'array',
          items: { type: 'string', enum: [...kindNames], enumDescriptions: kindNames.map(kind => KINDS[kind].title) },
          uniqueItems: true,
          default: [],
          scope: 'resource',
          markdownDescription: 'Kinds of findings to report. Empty: all.',
        },
        [Setting.findingConfidence]: {
          type: 'string',
          enum: ['high', 'medium', 'low'],
          default: 'medium',
          scope: 'resource',
          markdownEnumDescriptions: [
            'What stands in the function itself, on paths that all agree.',
            'Also where one thing is in doubt: some paths do not agree, or a callee further down does it.',
            'Also where two or more are in doubt: many of these are wrong.',
          ],
          markdownDescription: 'How sure a finding must be to be reported.',
        },
        [Setting.heldDisplay]: {
          type: 'string',
          enum: ['off', 'inlay', 'gutter'],
          default: 'off',
          scope: 'resource',
          markdownEnumDescriptions: [
            'Not at all.',
            'Behind the lines where the set of held locks changes, and at loops and labels.',
            'As a bar along the lines where locks are held: single where sleeping is not allowed, double where it is, dotted where only some paths hold them.',
          ],
          markdownDescription:
            'Show in the source which locks are held, counted from the entry of each function. *Lockstep: Toggle Held Locks* switches it on and off.',
        },
        [Setting.codeLens]: {
          type: 'boolean',
          default: true,
          scope: 'resource',
          markdownDescription: 'Show *Simulate* and *Explore* above every function that a scenario runs.',
        },
        [Setting.navigation]: {
          type: 'string',
          enum: ['auto', 'on', 'off'],
          default: 'auto',
          scope: 'window',
          markdownEnumDescriptions: [
            'Where no C language server is enabled (C/C++, clangd or ccls).',
            'Always, beside a C language server too.',
            'Never.',
          ],
          markdownDescription:
            'Offer workspace symbols, go to definition and call hierarchy for kernel C. They read the source alone: no build and no compile database is needed.',
        },
        [Setting.indexEnabled]: {
          type: 'boolean',
          default: true,
          scope: 'window',
          markdownDescription:
            'Index the names of a kernel tree in the background once one of its files is open, for definitions, callers and symbols, and for contracts that know more of what is called. Off: only open files, the headers they include and nearby folders are looked at, when asked.',
        },
        [Setting.indexFolders]: {
          type: 'array',
          items: { type: 'string' },
          default: [...DEFAULT_INDEX_FOLDERS],
          scope: 'window',
          markdownDescription:
            'Folders of the kernel tree to index, besides those of the files that are open. The default takes about two seconds of one processor the first time. `["."]` is the whole tree: about 20 seconds, 400 MB of memory and 270 MB of disk cache for Linux 6.1.',
        },
        [Setting.stepLimit]: {
          type: 'integer',
          default: DEFAULT_STEP_LIMIT,
          minimum: 100,
          maximum: 10_000_000,
          scope: 'window',
          markdownDescription:
            'Visible steps after which a run is stopped and reported as endless. A run of the bundled scenarios takes a few thousand.',
        },
      },
    },
  };
}

/**
 * What package.json's `activationEvents` must be: a C file is seen, or what a window reload brings back. Commands activate
 * by themselves.
 */
export const activationEvents = [
  'onLanguage:c',
  'onLanguage:cpp',
  `onWebviewPanel:${PANEL_TYPE}`,
  ...Object.values(Scheme).map(scheme => `onFileSystem:${scheme}`),
];

/** What package.json's `capabilities` must be. */
export const capabilities = {
  untrustedWorkspaces: {
    supported: 'limited',
    description:
      'Contracts and models only read the source. Simulating executes code generated from it and waits until the workspace is trusted.',
    restrictedConfigurations: [Setting.kernelTree],
  },
  virtualWorkspaces: {
    supported: true,
  },
};
