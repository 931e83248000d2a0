import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isKind, kindNames } from '../../../extension/core/report/findingKinds.ts';
import { project } from '../../support/cli.ts';
import { analyserOf } from '../../support/contracts.ts';

const page = readFileSync(join(project, 'docs/findings.md'), 'utf8');
const kindsPart = page.slice(page.indexOf('\n## Kinds'), page.indexOf('\n## The difference'));

/** C blocks of the page: the kind that the block's first line names, the text, and the lines with the mark. */
const examples = [...kindsPart.matchAll(/^```c ?(.*)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => ({
  kind: kind!,
  text: text!,
  marked: text!.split('\n').flatMap((line, i) => (line.includes('/* <- */') ? [i + 1] : [])),
}));

describe('docs/findings.md', () => {
  it('has every kind, as a heading of its own or together with others that are not reported yet', () => {
    const headings = [...kindsPart.matchAll(/^### (.*)$/gm)].flatMap(m => m[1]!.split(', '));
    assert.deepEqual(headings, kindNames);
  });

  for (const { kind, text, marked } of examples) {
    const name = /(\w+)\([^()]*\)\n\{/.exec(text)?.[1];
    it(
      kind === '' ? `nothing is reported of ${name}()` : `${kind} is reported where the example of ${name}() marks it`,
      async () => {
        const { findings } = await (await analyserOf({ 'mm/a.c': text })).findings('mm/a.c', undefined, true);
        // Some kinds are of low confidence alone.
        const shown = findings.filter(f => f.confidence !== 'low' || f.kind === kind);
        for (const f of shown) assert.equal(f.kind, kind, f.message);
        if (kind === 'lock-order') {
          // Which of the two is the wrong one cannot be told: either will do.
          assert.ok(shown.length > 0 && shown.every(f => marked.includes(f.line)), JSON.stringify(findings));
        } else
          assert.deepEqual(
            shown.map(f => f.line),
            marked,
            JSON.stringify(findings),
          );
      },
    );
  }

  it('has an example of every kind that is reported', () => {
    const without = kindNames.filter(k => !examples.some(e => e.kind === k));
    assert.ok(examples.every(e => e.kind === '' || isKind(e.kind)));
    for (const k of without)
      assert.match(kindsPart, new RegExp(`^### .*${k}.*\\n\\nNot reported yet\\.`, 'm'), `${k} has no example`);
    assert.ok(examples.filter(e => e.kind !== '').length >= 8);
  });
});
