import assert from 'node:assert/strict';
import { identifiers, scenarioOutline } from '../../../extension/editor/scenarioOutline.ts';

const scenario = `/* THREAD(commented) { not_called(); } */
SCENARIO("two writers, "
	"one reader");
SOURCES("mm/a.c", "mm/b.c");
SOURCES("mm/c.c");
#define UNSEEN_MACRO_NAME 1

static void helper(void)
{
	helped();
}

SETUP {
	set_up();
}

THREAD(writer) {
	if (x) { write_it(); }
	log_it("text } with brace");
}

INVARIANT("balanced (always)") {
	CHECK(invariant_only() == 0);
}

FINALLY { tear_down(); }
`;

describe('outline of a scenario', () => {
  it('has title, sources and threads with their lines', () => {
    const outline = scenarioOutline(scenario);
    assert.equal(outline?.title, 'two writers, one reader');
    assert.deepEqual(outline?.sources, ['mm/a.c', 'mm/b.c', 'mm/c.c']);
    assert.deepEqual(
      outline?.threads.map(t => [t.name, t.line]),
      [['writer', 17]],
    );
  });

  it('gives a thread the names of its body and of helpers, not of the other parts', () => {
    const [writer] = scenarioOutline(scenario)!.threads;
    for (const name of ['write_it', 'log_it', 'helper', 'helped']) assert.ok(writer!.names.includes(name), name);
    for (const name of ['set_up', 'invariant_only', 'tear_down', 'not_called', 'UNSEEN_MACRO_NAME', 'brace'])
      assert.ok(!writer!.names.includes(name), name);
  });

  it('is nothing without SCENARIO, and bears half a file', () => {
    assert.equal(scenarioOutline('int main(void) { return 0; }'), undefined);
    assert.equal(scenarioOutline('// SCENARIO("x")'), undefined);
    for (let end = 0; end < scenario.length; end++) scenarioOutline(scenario.slice(0, end));
    assert.equal(scenarioOutline('SCENARIO("open" THREAD(a) { f(')?.threads[0]?.names.includes('f'), true);
  });

  it('leaves strings and comments out of identifiers', () => {
    assert.deepEqual(identifiers('a(b, "c d"); // e\n/* f */ g; a'), ['a', 'b', 'g']);
  });
});
