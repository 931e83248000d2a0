import assert from 'node:assert/strict';
import type { Mutant } from '../../conformance/faults/mutant.ts';
import {
  contextReports,
  functionAt,
  newReports,
  type Rival,
  scriptReports,
} from '../../conformance/rivals/checkers.ts';
import { compare, tables } from '../../conformance/rivals/compare.ts';

const text = 'int f(void)\n{\n\tspin_lock(&l);\n}\n\nint g(void)\n{\n}\n';

describe('rivals', () => {
  it('a line belongs to the function around it', () => {
    assert.deepEqual(
      [1, 3, 4, 5, 6, 8, 9].map(line => functionAt(text, line)),
      ['f', 'f', 'f', '', 'g', 'g', ''],
    );
  });

  it('reads what sparse says of contexts, and nothing else', () => {
    const output = [
      "a.c:3:9: warning: context imbalance in 'f' - wrong count at exit",
      'a.c:5:9: warning: incorrect type in assignment',
      "a.c:7:9: warning: context imbalance in 'g' - unexpected unlock",
    ].join('\n');
    assert.deepEqual(contextReports(output), [
      { function: 'f', message: "context imbalance in 'f' - wrong count at exit" },
      { function: 'g', message: "context imbalance in 'g' - unexpected unlock" },
    ]);
  });

  it('reads reports of semantic patches, not the differences they print', () => {
    const output = '/s/a.c:3:1-10: second lock on line 4\n--- /s/a.c\n+++ b\n-\tspin_lock(&l);\n';
    assert.deepEqual(scriptReports('x.cocci', output, '/s/a.c', text), [
      { function: 'f', message: 'x.cocci: second lock on line N' },
    ]);
  });

  it('counts equal reports', () => {
    const r = { function: 'f', message: 'm' };
    assert.deepEqual(newReports([r], [r]), []);
    assert.deepEqual(newReports([r], [r, r, r]), [r, r]);
    assert.deepEqual(newReports([r, r], [r]), []);
  });

  it('compares a file with its faults to the file without; a failure is no report', async () => {
    const mutant = (of: Partial<Mutant>): Mutant => ({
      kind: 'lock-doubled',
      file: 'a.c',
      function: 'f',
      line: 1,
      lock: '&l',
      description: '',
      edits: [],
      at: 0,
      text: 'double in f',
      ...of,
    });
    const rival: Rival = {
      name: 'words',
      check(_file, given) {
        if (given === 'broken') throw new Error('does not parse');
        const reports = [...given.matchAll(/double in (\w+)/g)].map(m => ({ function: m[1]!, message: m[0] }));
        return { reports: [{ function: 'h', message: 'always' }, ...reports], seconds: 1, cpu: 0.5, mebibytes: 3 };
      },
    };
    const mutants = [
      mutant({}),
      mutant({ text: 'double in g' }),
      mutant({ text: 'broken' }),
      mutant({ file: 'b.c', text: '' }),
    ];
    const result = await compare(
      rival,
      mutants,
      () => '',
      () => undefined,
    );
    assert.deepEqual(result.kinds.get('lock-doubled'), { made: 4, reported: 1 });
    assert.deepEqual(
      [result.elsewhere, result.asShipped.length, result.seconds, result.cpu, result.mebibytes, result.failures.length],
      [1, 2, 2, 1, 3, 1],
    );
    assert.match(tables([result], 2), /\| words \| – \| 1 \/ 4 \| – \| – \| – \| 1 \/ 4 \| 1 \| 2 \|/);
  });
});
