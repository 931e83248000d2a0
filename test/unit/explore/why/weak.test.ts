import assert from 'node:assert/strict';
import { whyLines } from '../../../../extension/core/explore/why/why.ts';
import type { SourceTree } from '../../../../extension/core/text/source.ts';

const SCENARIO = `SCENARIO("a message is passed");
SOURCES("mp.c");
void put(int v);
int get(void);
static int got = 1;
THREAD(writer) { put(1); }
THREAD(reader) { got = get(); }
INVARIANT("who sees the flag sees the data") { CHECK(got); }
`;
const SOURCE = `static int data, flag;

void put(int v)
{
	WRITE_ONCE(data, v);
	smp_wmb();
	WRITE_ONCE(flag, 1);
	smp_wmb();
}

int get(void)
{
	if (!READ_ONCE(flag))
		return 1;
	smp_rmb();
	return READ_ONCE(data);
}
`;
const tree: SourceTree = {
  label: 'test',
  list: async () => undefined,
  read: async path => (path === 'mp.c' ? new TextEncoder().encode(SOURCE) : undefined),
};

describe('why-lines under weak memory', () => {
  const ask = async (memory: 'sc' | 'weak') => {
    const lines = [{ file: 'mp.c', first: 5, last: 15 }];
    const request = { before: tree, after: tree, files: [], lines, patch: 'test', memory };
    const document = await whyLines({ ...request, scenario: 'mp.scenario.c', scenarioText: SCENARIO });
    return { ...document, of: (line: number) => document.lines.find(l => l.line === line)! };
  };

  it('say which barriers are needed, and which stores are seen out of order without them', async () => {
    const { memory, base, of } = await ask('weak');
    assert.deepEqual([memory, base.violations.length], ['weak', 0]);
    assert.deepEqual(
      [6, 8, 15].map(line => of(line).effect),
      ['needed', 'no-effect', 'needed'],
    );
    const [read] = of(6).violation!.reads!;
    assert.deepEqual([read!.thread, read!.missed.line, read!.seen!.line], ['reader', 5, 7]);
  });

  it('say under sequential consistency that barriers do nothing there', async () => {
    const { of } = await ask('sc');
    assert.equal(of(6).effect, 'no-effect');
    assert.match(of(6).reason, /a barrier does nothing under sequential consistency/);
  });
});
