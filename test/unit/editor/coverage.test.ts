import assert from 'node:assert/strict';
import { definitions, reached } from '../../../extension/editor/coverage.ts';
import { scenarioOutline } from '../../../extension/editor/scenarioOutline.ts';
import { CoreService } from '../../../extension/worker/service.ts';
import { parserAssets } from './assets.ts';

const walk = `static int entry(int x)
{
	return deep(x);
}

static const struct ops table = {
	.entry = entry,
};

int walk(void)
{
	return run(&table);
}

int other(void)
{
	return 0;
}
`;
const library = `int deep(int x)
{
	return x ? deep(x - 1) : 0;
}
`;

describe('functions that a scenario covers', () => {
  const engine = new CoreService(parserAssets);
  const defined = async (key: string, text: string) =>
    definitions(text, await engine.functions({ key, file: key, text }));

  it('reaches through calls, ops tables and other sources', async () => {
    const outline = scenarioOutline('SCENARIO("s"); SOURCES("w.c", "l.c"); THREAD(t) { walk(); }')!;
    const names = reached(outline, [await defined('w.c', walk), await defined('l.c', library)]);
    assert.deepEqual([...names].sort(), ['deep', 'entry', 'walk']);
  });

  it('reaches nothing from names that are defined nowhere', async () => {
    const outline = scenarioOutline('SCENARIO("s"); SOURCES("w.c"); THREAD(t) { gone(); }')!;
    assert.equal(reached(outline, [await defined('w.c', walk)]).size, 0);
  });
});
