import assert from 'node:assert/strict';
import { defaultConfig } from '../../../extension/core/index/config.ts';
import { Unit } from '../../../extension/core/index/unit.ts';
import type { Running, Thread } from '../../../extension/core/machine/abi.ts';
import type { EventSink } from '../../../extension/core/machine/events.ts';
import { Machine } from '../../../extension/core/machine/machine.ts';
import { Stop } from '../../../extension/core/machine/stop.ts';
import { loadProgram } from '../../../extension/core/translate/load.ts';
import { Program } from '../../../extension/core/translate/program.ts';
import { Reader } from '../../../extension/core/translate/reader.ts';

/** Keeps what happened as lines. */
function sinkTo(lines: string[]): EventSink {
  return {
    clock: 0,
    allReads: true,
    read: (_k, line, _p, _type, value) => void lines.push(`${line} read ${value}`),
    write: (_k, line, _p, _type, before, value) => void lines.push(`${line} write ${before} → ${value}`),
    lock: (_k, kind, line) => void lines.push(`${line} ${kind}`),
    note: (_k, kind, line, text) => void lines.push(`${line} ${kind} ${text}`),
    output: () => undefined,
    unmodelled: (_k, line, name) => void lines.push(`${line} unmodelled ${name}`),
  };
}

async function machineFor(text: string, name: string, tickLimit?: number) {
  const none = { label: 'none', read: async () => undefined, list: async () => undefined };
  const unit = {
    path: 'a.c',
    reader: new Reader(await Unit.load(none, 'a.c', { config: defaultConfig, text }), new Map()),
    seesStatics: false,
  };
  const program = Program.link([unit], [{ unit, name }], new Map());
  const lines: string[] = [];
  const machine = new Machine({ sink: sinkTo(lines), tickLimit });
  const loaded = loadProgram(program, machine);
  const entry = loaded.entry(program.functions[0]!) as unknown as (k: Thread, ...args: unknown[]) => Running<unknown>;
  const run = (...args: unknown[]): unknown => {
    const result = entry(machine.thread('t'), ...args);
    if (typeof result !== 'object') return result;
    for (;;) {
      const { done, value } = result.next();
      if (done) return value;
    }
  };
  return { machine, program, loaded, lines, run };
}

describe('Machine', () => {
  it('shows what others can see, and not what is on the stack or constant', async () => {
    const c =
      'int shared = 3;\nstatic const int fixed = 4;\nint f(void)\n{\n\tint own = 1, *p = &own;\n\tshared = shared + *p + fixed;\n\treturn *p;\n}\n';
    const { run, lines } = await machineFor(c, 'f');
    assert.equal(run(), 1);
    assert.deepEqual(lines, ['6 read 3', '6 write 3 → 8']);
  });

  it('names what is at an address', async () => {
    const c =
      'struct s { int a; struct { int b, c[2]; } in; };\nstruct s object;\nint *f(void) { return &object.in.c[1]; }\n';
    const { machine, run } = await machineFor(c, 'f');
    assert.equal(machine.nameOf(run() as number), 'object.in.c[1]');
  });

  it('stops at a null dereference, a wild access, and a write to constants', async () => {
    for (const [body, what] of [
      ['int *p = (int *)8; return *p;', /NULL pointer dereference at 0x0000000000000008/],
      ['int *p = (int *)0xffff888000001000UL; return *p;', /0xffff888000001000, where nothing is mapped/],
      ['int *p = (int *)&fixed; *p = 1; return 0;', /read-only memory/],
      ['int (*p)(void) = (int (*)(void))0; return p();', /NULL function pointer/],
    ] as const) {
      const { run } = await machineFor(`static const int fixed = 4;\nint f(void) { ${body} }\n`, 'f');
      assert.throws(run, (e: Error) => e instanceof Stop && e.kind === 'bug' && what.test(e.message), body);
    }
  });

  it('stops a loop that takes no visible step', async () => {
    const { run } = await machineFor('int f(void)\n{\n\tint i = 0;\n\tfor (;;)\n\t\ti++;\n}\n', 'f', 1000);
    assert.throws(run, (e: Error) => e instanceof Stop && e.kind === 'limit' && e.message.startsWith('a.c:4:'));
  });
});
