import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '../..');

/** Rooms of extension/core from the bottom up: a room imports only from rooms before it. */
const ROOMS = [
  'text',
  'patch',
  'syntax',
  'index',
  'locks',
  'translate',
  'machine',
  'kernel',
  'explore',
  'litmus',
  'report',
];

/** Files of types alone that any room may import, and why. */
const SHARED_TYPES: Readonly<Record<string, string>> = {
  'extension/core/report/documents.ts': 'every answer is a document; whoever computes one names its type',
  'extension/core/machine/abi.ts': 'the calling convention that translated code and the machine agree on',
  'extension/core/kernel/primitive.ts': 'what a primitive is, for the translator that calls it',
};

interface Import {
  readonly from: string;
  /** A path of the project, or a package's name. */
  readonly to: string;
  readonly typeOnly: boolean;
}

function sources(...folders: string[]): string[] {
  return folders.flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true })
      .map(f => `${folder}/${String(f)}`)
      .filter(f => f.endsWith('.ts')),
  );
}

/** Imports and re-exports of a text, dynamic ones too. */
function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const to = specifier.text.startsWith('.') ? join(dirname(file), specifier.text) : specifier.text;
    found.push({ from: file, to, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const named = clause?.namedBindings;
      const allTypes =
        clause !== undefined &&
        (clause.isTypeOnly ||
          (!clause.name &&
            named !== undefined &&
            ts.isNamedImports(named) &&
            named.elements.length > 0 &&
            named.elements.every(e => e.isTypeOnly)));
      add(node.moduleSpecifier, allTypes);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

const roomOf = (file: string): number => ROOMS.indexOf(/^extension\/core\/(\w+)\//.exec(file)?.[1] ?? '');

/** What is wrong with an import, if anything. */
function wrong({ from, to, typeOnly }: Import): string | undefined {
  const core = from.startsWith('extension/core/');
  const say = (what: string): string => `${from} imports ${to}: ${what}`;
  if (to === 'vscode' && !/^extension\/(editor\/|main\.ts$)/.test(from))
    return say('only editor/ and main.ts know vscode');
  if (to.startsWith('node:') && !/^extension\/(cli\/|worker\/|main\.ts$)/.test(from))
    return say('only cli/, main.ts and the worker know node');
  if (!core) return undefined;
  if (to.startsWith('extension/') && !to.startsWith('extension/core/')) return say('the core knows nobody outside it');
  if (!to.startsWith('extension/core/') || SHARED_TYPES[to] !== undefined) return undefined;
  if (roomOf(to) < 0 || roomOf(from) < 0) return say('it is in no room that DESIGN.md has');
  if (roomOf(to) > roomOf(from))
    return say(`${ROOMS[roomOf(to)]} is above ${ROOMS[roomOf(from)]}${typeOnly ? ' (types too)' : ''}`);
  return undefined;
}

/** Files in a cycle of imports that exist when the program runs; empty when there is none. */
function cycle(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const i of imports) if (!i.typeOnly) next.set(i.from, [...(next.get(i.from) ?? []), i.to]);
  const done = new Set<string>();
  const walk = (file: string, path: string[]): string[] => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return [];
    for (const to of next.get(file) ?? []) {
      const found = walk(to, [...path, file]);
      if (found.length > 0) return found;
    }
    done.add(file);
    return [];
  };
  for (const file of next.keys()) {
    const found = walk(file, []);
    if (found.length > 0) return found;
  }
  return [];
}

/** Text that only a kernel's file has. Put together here, so that this file is not one of those that have it. */
const MARKS = {
  anywhere: [['SPDX-License', 'Identifier: GPL'].join('-')],
  /** In C and patches: programs and documents may speak of these. */
  source: ['SPDX-License-Identifier', 'MODULE_LICENSE', 'EXPORT_SYMBOL_GPL('],
};

function kernelMark(file: string, text: string): string | undefined {
  const marks = /\.(?:c|h|S|patch)$/.test(file) ? [...MARKS.anywhere, ...MARKS.source] : MARKS.anywhere;
  return marks.find(mark => text.includes(mark));
}

/** Paths of what people wrote: no dependencies, no build products, no screenshots. */
function everyFile(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(e => {
    if (/^(?:\.git|node_modules|dist|artefacts|\.cache|package-lock\.json)$/.test(e.name)) return [];
    const path = join(folder, e.name);
    if (e.isDirectory()) return everyFile(path);
    return e.isFile() && !/\.(?:png|wasm|vsix|node)$/.test(e.name) ? [relative(root, path)] : [];
  });
}

describe('the structure of the project', () => {
  const files = sources('extension', 'webview');
  const text = new Map(files.map(f => [f, readFileSync(join(root, f), 'utf8')]));
  const imports = files.flatMap(f => importsOf(f, text.get(f)!));

  it('imports point one way', () => {
    assert.ok(imports.length > 300);
    assert.deepEqual(
      imports.flatMap(i => wrong(i) ?? []),
      [],
    );
  });

  it('no imports go in a circle', () => {
    assert.deepEqual(cycle(imports), []);
  });

  it('these checks can fail', () => {
    const one = (from: string, code: string): string | undefined => wrong(importsOf(from, code)[0]!);
    assert.match(one('extension/core/text/a.ts', "import { b } from '../explore/b.ts';")!, /explore is above text/);
    assert.match(one('extension/core/text/a.ts', "import type { b } from '../locks/b.ts';")!, /locks is above text/);
    assert.match(one('extension/core/locks/a.ts', "import { readFile } from 'node:fs';")!, /know node/);
    assert.match(one('extension/core/locks/a.ts', "export * from 'vscode';")!, /know vscode/);
    assert.match(one('extension/core/locks/a.ts', "void import('../../editor/a.ts');")!, /nobody outside/);
    assert.equal(one('extension/core/text/a.ts', "import type { T } from '../report/documents.ts';"), undefined);
    const circle = [
      ...importsOf('a/a.ts', "import { b } from './b.ts';"),
      ...importsOf('a/b.ts', "import { a } from './a.ts';"),
    ];
    assert.deepEqual(cycle(circle), ['a/a.ts', 'a/b.ts', 'a/a.ts']);
  });

  it('files of shared types hold nothing that runs', () => {
    for (const file of Object.keys(SHARED_TYPES)) {
      const made = ts.transpileModule(text.get(file)!, {
        compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
      });
      assert.equal(made.outputText.replace(/\/\*[\s\S]*?\*\/|\/\/.*|export \{\};/g, '').trim(), '', file);
    }
  });

  it('files are small', () => {
    const long = [...text].filter(([, t]) => t.split('\n').length > 500).map(([f]) => f);
    assert.deepEqual(long, []);
  });

  it('one file of the panel knows the toolkit', () => {
    const knows = [...text].filter(([f, t]) => f.startsWith('webview/') && /\bvscode-[a-z]|webview-ui-toolkit/.test(t));
    const users = knows.filter(([, t]) =>
      /webview-ui-toolkit|['"`<]vscode-(button|checkbox|dropdown|option|radio|panel|text|link|tag|badge|divider|progress|data-grid)/.test(
        t,
      ),
    );
    assert.deepEqual(
      users.map(([f]) => f),
      ['webview/toolkit.ts'],
    );
  });

  it('no text in the repository is the kernel’s', () => {
    const all = everyFile(root);
    assert.ok(all.length > 300);
    assert.deepEqual(
      all.filter(f => kernelMark(f, readFileSync(join(root, f), 'latin1')) !== undefined),
      [],
    );
    const tag = ['SPDX-License', 'Identifier: GPL-2.0'].join('-');
    assert.equal(kernelMark('docs/a.md', `/* ${tag} */`), MARKS.anywhere[0]);
    assert.equal(kernelMark('a/b.c', 'MODULE_LICENSE("GPL");'), 'MODULE_LICENSE');
    assert.equal(kernelMark('a/b.ts', 'MODULE_LICENSE("GPL");'), undefined);
  });
});
