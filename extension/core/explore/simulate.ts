import { blameMissing } from '../index/missing.ts';
import { Unit } from '../index/unit.ts';
import { primitives } from '../kernel/table.ts';
import { PageTables } from '../kernel/x86/tables.ts';
import { tableRoot } from '../kernel/x86/tlb.ts';
import type { Ptr } from '../machine/abi.ts';
import type { EventSink } from '../machine/events.ts';
import { Machine } from '../machine/machine.ts';
import type { TraceDocument } from '../report/documents.ts';
import { decodeSource } from '../text/decode.ts';
import { InputError, type SourceTree } from '../text/source.ts';
import { type Loaded, loadProgram } from '../translate/load.ts';
import { configOf } from '../translate/model.ts';
import { type LinkedFunction, type LinkUnit, Program } from '../translate/program.ts';
import { Reader } from '../translate/reader.ts';
import { type Versions, versionsOf } from '../translate/versions.ts';
import { sizeOfType } from '../translate/write/rep.ts';
import { Recorder } from './recorder.ts';
import { type Body, type End, Run, runAlone, type ThreadPart } from './run.ts';
import { readScenario, SCENARIO_PRELUDE, type Scenario, type ScenarioPart } from './scenario.ts';
import { type ScheduleChoice, schedulerOf } from './schedule.ts';

export interface ScenarioRequest {
  readonly tree: SourceTree;
  /** Path of the scenario, in the tree unless `scenarioText` is given. */
  readonly scenario: string;
  readonly scenarioText?: string;
  /** How the trace calls the source; the tree's label if not given. */
  readonly label?: string;
  /** How it calls the patch that the tree stands under. */
  readonly patchLabel?: string;
  /** Macros that override the tree's and the scenario's: `NAME` or `NAME(a, b)` → body. */
  readonly defines?: Readonly<Record<string, string>>;
  /** The models keep account of what values depend on, for memory models that order by that. */
  readonly tracks?: boolean;
}

export interface RunRequest {
  readonly schedule: ScheduleChoice;
  /** Steps after which a run is given up; 2,000,000 if not given. */
  readonly stepLimit?: number;
  readonly signal?: AbortSignal;
  /** Called now and then with the number of steps taken. */
  readonly progress?: (steps: number) => void;
}

export interface SimulateRequest extends ScenarioRequest, RunRequest {}

export const STEP_LIMIT = 2_000_000;
/** Steps between two looks at the clock of the world outside: cancel, progress. */
const SLICE = 20_000;

/** Runs a scenario once, from its sources: `Simulation.load`, then `run`. */
export async function simulate(request: SimulateRequest): Promise<TraceDocument> {
  return (await Simulation.load(request)).run(request);
}

/** A scenario before the first step of its threads. */
export interface Begun {
  readonly scenario: Scenario;
  readonly machine: Machine;
  readonly threads: readonly ThreadPart[];
  /** Runs SETUP, an INVARIANT or FINALLY with nobody beside it. */
  alone(part: ScenarioPart | undefined): { readonly value?: unknown; readonly end?: End };
  /** Where a C object of that name lies; undefined when the program has none. */
  addressOf(name: string): Ptr | undefined;
  /** How SETUP ended, when it did not come to its end. */
  readonly failed?: End;
}

/** A scenario translated together with the sources that it names; each run starts on a new machine. */
export class Simulation {
  private constructor(
    private readonly request: ScenarioRequest,
    readonly scenario: Scenario,
    readonly program: Program,
    private readonly home: LinkUnit,
  ) {}

  /** How documents call the source, and the patch that it stands under. */
  get label(): string {
    return this.request.label ?? this.request.tree.label;
  }
  get patchLabel(): string | undefined {
    return this.request.patchLabel;
  }

  /** @throws InputError for a scenario that is none, a source that is not there, C that cannot be translated */
  static async load(request: ScenarioRequest): Promise<Simulation> {
    const { defines } = request;
    const tree = readOnce(request.tree);
    const text = request.scenarioText ?? (await textOf(tree, request.scenario));
    const scenario = readScenario(text, request.scenario);
    const config = await configOf(tree);
    const linked: LinkUnit[] = [];
    const units: Unit[] = [];
    for (const path of [request.scenario, ...scenario.sources]) {
      const own = path === request.scenario && linked.length === 0;
      const unit = await Unit.load(tree, path, {
        config,
        keep: name => primitives.has(name),
        ...(own ? { prelude: SCENARIO_PRELUDE, text: scenario.code } : {}),
        ...(defines ? { defines } : {}),
      });
      units.push(unit);
      linked.push({ path, reader: new Reader(unit, primitives), seesStatics: own });
    }
    const home = linked[0]!;
    const parts = partsOf(scenario);
    try {
      const program = Program.link(
        linked,
        parts.map(p => ({ unit: home, name: p.function })),
        primitives,
        request.tracks,
      );
      return new Simulation(request, scenario, program, home);
    } catch (error) {
      throw blameMissing(error, units, tree.label);
    }
  }

  /** Tells this program from others that the same scenario may be over. */
  get versions(): Versions {
    return (this.known ??= versionsOf(this.program));
  }
  private known: Versions | undefined;

  /** One run: initial values, SETUP, the threads under the schedule, then the invariants and FINALLY. */
  async run(request: RunRequest): Promise<TraceDocument> {
    const scheduler = schedulerOf(
      request.schedule,
      this.scenario.threads.map(t => t.name),
    );
    const stepLimit = request.stepLimit ?? STEP_LIMIT;
    const machine = new Machine({});
    const loaded = loadProgram(this.program, machine);
    const missing = this.program.globals
      .filter(g => g.missing)
      .map(g => ({ name: g.name, address: loaded.addressOf(g), size: sizeOfType(g.type) }));

    const { scenario } = this;
    const setupRecord = new Recorder(new PageTables(machine.memory, undefined), missing);
    machine.sink = setupRecord;
    const setup = this.alone(machine, loaded, scenario.setup, stepLimit);
    const tables = new PageTables(machine.memory, tableRoot(machine));
    const snapshot = tables.snapshot();
    const recorder = new Recorder(tables, missing);
    machine.sink = recorder;
    const run = new Run(
      machine,
      scenario.threads.map(part => ({
        name: part.name,
        file: scenario.file,
        line: part.line,
        body: this.body(loaded, part),
      })),
      scheduler,
      stepLimit,
    );
    let end: End | undefined = setup.end && { ...setup.end, message: `SETUP: ${setup.end.message ?? ''}` };
    while (end === undefined) {
      if (request.signal?.aborted) end = { kind: 'cancelled', message: `cancelled after ${run.steps} steps` };
      else end = run.advance(SLICE);
      request.progress?.(run.steps);
      if (end === undefined) await new Promise(resolve => setTimeout(resolve, 0));
    }
    const steps = recorder.clock;
    const invariants: TraceDocument['invariants'][number][] = [];
    machine.sink = new Recorder(tables, missing);
    if (end.kind === 'finished') {
      for (const part of scenario.invariants) {
        const result = this.alone(machine, loaded, part, stepLimit);
        invariants.push({ name: part.name, held: !result.end && !result.value, line: part.line });
      }
      const last = this.alone(machine, loaded, scenario.finally, stepLimit);
      if (last.end) end = { ...last.end, message: `FINALLY: ${last.end.message ?? ''}` };
    }
    const unmodelled = [...setupRecord.unmodelledCalls(), ...recorder.unmodelledCalls()];
    return {
      version: 1,
      scenario: scenario.title,
      scenarioFile: scenario.file,
      source: this.request.label ?? this.request.tree.label,
      ...(this.request.patchLabel === undefined ? {} : { patch: this.request.patchLabel }),
      threads: scenario.threads.map(({ name }) => ({ name })),
      events: recorder.events,
      locks: recorder.locks(steps),
      output: recorder.written,
      unmodelled,
      schedule: run.record.schedule(request.schedule, this.versions, scheduler.diverged),
      end: { ...end, steps },
      invariants,
      tables: snapshot,
    };
  }

  /**
   * A machine with the program on it and SETUP run: where each execution of an exploration begins.
   *
   * @param sink hears SETUP too
   */
  begin(sink: EventSink, stepLimit: number): Begun {
    const machine = new Machine({ sink });
    machine.locks.anyNext = true;
    const loaded = loadProgram(this.program, machine);
    const { scenario } = this;
    const alone = (part: ScenarioPart | undefined) => this.alone(machine, loaded, part, stepLimit);
    const setup = alone(scenario.setup);
    return {
      scenario,
      machine,
      threads: scenario.threads.map(part => ({
        name: part.name,
        file: scenario.file,
        line: part.line,
        body: this.body(loaded, part),
      })),
      alone,
      addressOf: name => {
        const global = this.program.globals.find(g => g.name === name);
        return global && loaded.addressOf(global);
      },
      ...(setup.end ? { failed: setup.end } : {}),
    };
  }

  private alone(
    machine: Machine,
    loaded: Loaded,
    part: ScenarioPart | undefined,
    stepLimit: number,
  ): { value?: unknown; end?: End } {
    return part ? runAlone(machine, part.name, this.body(loaded, part), stepLimit) : {};
  }

  private body(loaded: Loaded, part: ScenarioPart): Body {
    return loaded.entry(this.function(part)) as Body;
  }

  private function(part: ScenarioPart): LinkedFunction {
    return this.program.resolve(this.home, part.function)!;
  }
}

function partsOf({ setup, threads, invariants, finally: last }: Scenario): ScenarioPart[] {
  return [...(setup ? [setup] : []), ...threads, ...invariants, ...(last ? [last] : [])];
}

/** The same tree; each file is read once. The units of a scenario share most of their headers. */
function readOnce(tree: SourceTree): SourceTree {
  const known = new Map<string, Promise<Uint8Array | undefined>>();
  return {
    label: tree.label,
    list: path => tree.list(path),
    read: path => {
      let bytes = known.get(path);
      if (!bytes) known.set(path, (bytes = tree.read(path)));
      return bytes;
    },
  };
}

async function textOf(tree: SourceTree, path: string): Promise<string> {
  const bytes = await tree.read(path);
  if (!bytes) throw new InputError(`${path}: no such scenario in ${tree.label}`, { file: path });
  return decodeSource(bytes, path);
}
