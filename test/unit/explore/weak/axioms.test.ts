import assert from 'node:assert/strict';
import { Simulation, STEP_LIMIT } from '../../../../extension/core/explore/simulate.ts';
import { executionOf } from '../../../../extension/core/explore/weak/execution.ts';
import { WeakExecutions } from '../../../../extension/core/explore/weak/executions.ts';
import type { Event, Graph } from '../../../../extension/core/explore/weak/graph.ts';
import { judge } from '../../../../extension/core/explore/weak/lkmm.ts';
import { tree } from '../../../support/everySchedule.ts';
import { weakProgram } from '../../../support/weakPrograms.ts';

/** `PROGRAMS=2000` asks for more. */
const PROGRAMS = Number(process.env['PROGRAMS'] ?? 60);
/** Ways to choose what reads read and in which order writes come, that are tried one after another. */
const MOST = 3000;

describe('executions under weak memory, of random programs', function () {
  this.timeout(600_000);

  it('are, each once, those that the axioms allow among all ways to choose reads-from and coherence', async () => {
    let compared = 0;
    let executions = 0;
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const text = weakProgram(seed);
      const { graphs, twice } = explored(
        await Simulation.load({ tree, scenario: 'r.scenario.c', scenarioText: text, tracks: true }),
      );
      assert.equal(twice, 0, text);
      const allowed = enumerated([...graphs.values()][0]!);
      if (!allowed) continue;
      compared++;
      executions += graphs.size;
      assert.deepEqual([...graphs.keys()].sort(), [...allowed].sort(), text);
    }
    assert.ok(compared > PROGRAMS / 2, `${compared} of ${PROGRAMS} programs`);
    console.log(`      ${executions} executions of ${compared} programs`);
  });
});

function explored(simulation: Simulation): { graphs: Map<string, Graph>; twice: number } {
  const executions = new WeakExecutions(simulation, STEP_LIMIT);
  for (;;) {
    const graphs = new Map<string, Graph>();
    let twice = 0;
    executions.sharing.grown = false;
    executions.start();
    while (executions.memory.left > 0 && !executions.sharing.grown) {
      if (executions.next() === undefined || executions.sharing.grown) continue;
      const graph = executions.memory.graph.copy();
      const key = keyOf(graph);
      if (graphs.has(key)) twice++;
      graphs.set(key, graph);
    }
    if (!executions.sharing.grown) return { graphs, twice };
  }
}

const placeOf = (e: Event | undefined): string => (e ? `${e.thread}.${e.index}` : '');

function keyOf(graph: Graph): string {
  const written = [...graph.coherence].filter(([, writes]) => writes.length > 1).sort((a, b) => a[0] - b[0]);
  return JSON.stringify([
    graph.threads.map(events => events.map(e => [e.kind, placeOf(graph.from.get(e))])),
    written.map(([, writes]) => writes.map(placeOf)),
  ]);
}

/** All graphs with the same events that the axioms allow, load buffering left out; undefined: there are too many to try. */
function enumerated(first: Graph): Set<string> | undefined {
  const graph = first.copy();
  const reads = graph.threads.flat().filter(e => e.kind === 'read' && !isOfLock(e));
  const locations = [...graph.coherence].filter(([, writes]) => writes.length > 1);
  let ways = 1;
  for (const read of reads) ways *= graph.writes(read.location).length;
  for (const [, writes] of locations) if (!isOfLock(writes[1]!)) for (let i = 2; i < writes.length; i++) ways *= i;
  if (ways > MOST) return undefined;
  const found = new Set<string>();
  const chooseReads = (i: number): void => {
    const read = reads[i];
    if (!read) {
      if (isCausal(graph) && !judge(executionOf(graph).execution).forbidden) found.add(keyOf(graph));
      return;
    }
    for (const write of first.writes(read.location)) {
      graph.from.set(read, write);
      chooseReads(i + 1);
    }
  };
  const chooseOrders = (i: number): void => {
    const location = locations[i];
    if (!location) {
      chooseReads(0);
      return;
    }
    const [initial, ...rest] = location[1];
    for (const order of permutations(rest)) {
      const writes = [initial!, ...order];
      if (isOfLock(rest[0]!) && !isOrderOfLock(writes, graph.from)) continue;
      graph.coherence.set(location[0], writes);
      chooseOrders(i + 1);
    }
  };
  chooseOrders(0);
  return found;
}

const isOfLock = (e: Event): boolean => !Number.isInteger(e.location);

/** Whether a lock can be taken and let go in this order; then what reads its word reads the write before. */
function isOrderOfLock(writes: readonly Event[], from: Map<Event, Event>): boolean {
  let holds = 0;
  for (const [i, write] of writes.entries()) {
    if (i === 0) continue;
    if (write.half) from.set(write.half, writes[i - 1]!);
    const isRead = write.value >= 0n && (write.lock === 'LKW' || write.half !== undefined);
    if (write.lock === 'LKW' ? holds < 0 || (holds > 0 && !isRead) : holds === 0) return false;
    if (write.lock === 'UL') holds = isRead ? holds - 1 : 0;
    else holds = isRead ? holds + 1 : -1;
  }
  return true;
}

/** acyclic(po | rf). */
function isCausal(graph: Graph): boolean {
  const state = new Map<Event, 'open' | 'done'>();
  const visit = (e: Event | undefined): boolean => {
    if (!e || e.thread < 0 || state.get(e) === 'done') return true;
    if (state.get(e) === 'open') return false;
    state.set(e, 'open');
    const isFine = visit(graph.threads[e.thread]![e.index - 1]) && visit(graph.from.get(e));
    state.set(e, 'done');
    return isFine;
  };
  return graph.threads.flat().every(visit);
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((x, i) => permutations([...list.slice(0, i), ...list.slice(i + 1)]).map(rest => [x, ...rest]));
}
