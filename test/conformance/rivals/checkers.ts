import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { functions } from '../faults/cut.ts';
import type { Prepared } from './prepare.ts';
import { timed } from './timed.ts';

/** One thing that a program says about a function. */
export interface Report {
  readonly function: string;
  readonly message: string;
}

export interface Checked {
  readonly reports: readonly Report[];
  readonly seconds: number;
  readonly cpu: number;
  readonly mebibytes: number;
}

/** Checks one file of a tree, with this text in place of its own. */
export interface Rival {
  readonly name: string;
  check(file: string, text: string): Checked | Promise<Checked>;
}

/** Which function a line is in; empty for none. */
export function functionAt(text: string, line: number): string {
  let found = '';
  let end = 0;
  for (const f of functions(text)) {
    if (f.line > line) break;
    found = f.name;
    end = text.slice(0, f.body.at(-1)!.end).split('\n').length;
  }
  return line <= end ? found : '';
}

/** A copy of a file with another text, in a folder of its own. */
function place(scratch: string, file: string, text: string): string {
  const path = join(scratch, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** The checker's arguments for a file, with a copy in its place: the file's own folder serves `#include "x.h"`. */
function argumentsFor(prepared: Prepared, root: string, file: string, copy: string): string[] {
  const args = prepared.commands.get(file);
  if (!args) throw new Error(`${file} is not built by defconfig`);
  return [...args.slice(0, -1), `-I${join(root, dirname(file))}`, copy];
}

/** sparse as the kernel runs it, and what it says of contexts: "context imbalance in 'f' - wrong count at exit". */
export function sparse(prepared: Prepared, root: string, scratch: string): Rival {
  return {
    name: 'sparse',
    check(file, text) {
      const copy = place(scratch, file, text);
      const run = timed('sparse', ['-Wcontext', ...argumentsFor(prepared, root, file, copy)], { cwd: prepared.folder });
      return { ...run, reports: contextReports(run.stderr) };
    },
  };
}

export function contextReports(output: string): Report[] {
  return [...output.matchAll(/warning: (context imbalance in '([^']+)'[^\n]*)/g)].map(([, message, name]) => ({
    function: name!,
    message: message!,
  }));
}

/** All of scripts/coccinelle/locks in report mode, each with the options that it names, as `make coccicheck M=` would. */
export function coccinelle(root: string, scratch: string): Rival {
  const folder = join(root, 'scripts/coccinelle/locks');
  const scripts = readdirSync(folder).filter(f => f.endsWith('.cocci'));
  const options = new Map(
    scripts.map(s => [
      s,
      /^\/\/ Options: (.*)$/m
        .exec(readFileSync(join(folder, s), 'utf8'))?.[1]
        ?.trim()
        .split(/\s+/),
    ]),
  );
  return {
    name: 'coccinelle',
    check(file, text) {
      const copy = place(scratch, file, text);
      const runs = scripts.map(s =>
        timed('spatch', [
          '-D',
          'report',
          '--very-quiet',
          ...(options.get(s) ?? []),
          '--cocci-file',
          join(folder, s),
          copy,
        ]),
      );
      return {
        reports: runs.flatMap((run, i) => scriptReports(scripts[i]!, run.stdout, copy, text)),
        seconds: runs.reduce((n, r) => n + r.seconds, 0),
        cpu: runs.reduce((n, r) => n + r.cpu, 0),
        mebibytes: Math.max(...runs.map(r => r.mebibytes)),
      };
    },
  };
}

/** `path:12:1-10: message` lines; line numbers within a message do not count. The diffs that some scripts print are no reports. */
export function scriptReports(script: string, output: string, path: string, text: string): Report[] {
  return output.split('\n').flatMap(line => {
    const m = line.startsWith(`${path}:`) ? /^(\d+):[\d-]+: (.*)$/.exec(line.slice(path.length + 1)) : null;
    if (!m) return [];
    return [{ function: functionAt(text, Number(m[1])), message: `${script}: ${m[2]!.replace(/\d+/g, 'N')}` }];
  });
}

/** Does the compiler take the file? What it says when not, else undefined. */
export function refused(
  prepared: Prepared,
  root: string,
  scratch: string,
  file: string,
  text: string,
): string | undefined {
  const copy = place(scratch, file, text);
  const args = argumentsFor(prepared, root, file, copy).filter(
    a => !/^(?:-Wp,.*|--arch=.*|-Wbitwise|-Wno-return-void|-Wno-unknown-attribute|-mlittle-endian)$/.test(a),
  );
  const run = timed('gcc', ['-fsyntax-only', '-w', ...args], { cwd: prepared.folder });
  return run.status === 0 ? undefined : (/error: .*/.exec(run.stderr)?.[0] ?? run.stderr.slice(0, 200));
}

/** Reports that a file has with a fault and not without, each as often as it is there more. */
export function newReports(before: readonly Report[], after: readonly Report[]): Report[] {
  const known = new Map<string, number>();
  const key = (r: Report): string => `${r.function}\n${r.message}`;
  for (const r of before) known.set(key(r), (known.get(key(r)) ?? 0) + 1);
  return after.filter(r => {
    const left = known.get(key(r)) ?? 0;
    known.set(key(r), left - 1);
    return left <= 0;
  });
}
