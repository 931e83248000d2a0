import type { Position } from '../text/source.ts';

/** Lock modes: `write` is also the mode of exclusive locks (spinlocks, mutexes). */
export type LockMode = 'read' | 'write';

/** One lock effect of a function, at the place that causes it. */
export interface LockFact extends Position {
  /** Access path as the kernel writes it: `&init_mm.page_table_lock`, `&mm->mmap_lock`, `*ptlp`. */
  readonly lock: string;
  readonly mode: LockMode;
  /** The primitive that does it (`spin_lock`, `down_read`), and the calls that lead there, outermost first. */
  readonly primitive: string;
  readonly via: readonly string[];
  /** Only on some of the paths (or, of a sleep, only if a gfp mask from outside allows it). */
  readonly maybe?: boolean;
  /** Where the primitive itself is called, when that is in a callee. */
  readonly origin?: Position;
}

/**
 * What a value returned is. Of an integer: `error` (negative), `zero`, `positive`, or `nonzero` where it has no sign or its type
 * is not known; of a pointer: `null`, `error` (ERR_PTR()), `pointer`; of a truth value: `false`, `true`.
 */
export type ReturnClass = 'error' | 'zero' | 'positive' | 'nonzero' | 'null' | 'pointer' | 'false' | 'true';

/** What a way out leaves of this CPU otherwise than it found it; what is not there is as at entry. */
export interface ContextChange {
  /** `restored`: to what the flags said that a spin_lock_irqsave() has saved. */
  readonly interrupts?: 'off' | 'on' | 'restored';
  readonly bottomHalves?: 'off' | 'on';
  readonly preemption?: 'off' | 'on';
}

/** One way of leaving at an exit, told from others there by what is held and what is returned. */
export interface ExitWay {
  /** What the value can be on this way; absent: nothing is returned, or it is no value that says anything. */
  readonly returns?: readonly ReturnClass[];
  readonly held: readonly LockFact[];
  readonly released: readonly LockFact[];
  readonly context?: ContextChange;
}

export interface ExitFact extends Position {
  readonly kind: 'return' | 'end' | 'noreturn';
  readonly held: readonly LockFact[];
  /** Locks that the caller held and that this exit has released. */
  readonly released: readonly LockFact[];
  /** The ways that `held` and `released` sum up. */
  readonly ways: readonly ExitWay[];
}

/** What the CPU must be in when a function is called. */
export type ContextNeed =
  | 'irqs-off'
  | 'irqs-on'
  | 'hardirq'
  | 'no-hardirq'
  | 'softirq'
  | 'preempt-off'
  | 'preempt-on'
  | 'rcu-reader';

/** What is held whenever a function is called, as far as its callers are known. */
export interface CalledWith {
  /** Functions that call it and were looked at, and the call sites in them. */
  readonly callers: number;
  readonly sites: number;
  /** There are more, or some that could not be followed (a function pointer). */
  readonly incomplete: boolean;
  /** `sites`: at how many of these it is held, by the caller or by those who call that. */
  readonly locks: readonly { readonly lock: string; readonly mode: LockMode; readonly sites: number }[];
}

/** What a function does to locks. */
export interface FunctionContract extends Position {
  readonly name: string;
  readonly requires: readonly LockFact[];
  readonly acquires: readonly LockFact[];
  readonly releases: readonly LockFact[];
  /** Locks taken and released again inside the function or its callees: what it may wait for. */
  readonly takes: readonly LockFact[];
  /** What the CPU must be in, with the call that checks it: `lockdep_assert_irqs_disabled()`. */
  readonly needs: readonly (LockFact & { readonly context: ContextNeed })[];
  /** It is called in atomic context: it requires a lock that forbids sleeping, or interrupts, softirqs or preemption off. */
  readonly atomic: boolean;
  readonly maySleep: boolean;
  /** The call that may sleep, when `maySleep`. */
  readonly sleepsAt?: LockFact;
  readonly exits: readonly ExitFact[];
  /** Only where callers were asked for: `lockstep contracts --index`. */
  readonly calledWith?: CalledWith;
  /** Primitives reached, in order of first call. */
  readonly primitives: readonly string[];
  /** Callees that could be neither followed nor found in the vocabulary. */
  readonly unknown: readonly string[];
}

export interface ContractsDocument {
  readonly version: 1;
  readonly functions: readonly FunctionContract[];
}

/** What a finding is about; docs/findings.md says what each one means and how precise it is. */
export type FindingKind =
  /** An exit leaves a lock held that other exits let go. */
  | 'missing-unlock'
  | 'double-lock'
  | 'unlock-not-held'
  /** A call that may sleep while a spinlock is held, or with preemption, soft or hard interrupts off. */
  | 'sleep-in-atomic'
  /** An allocation whose gfp mask allows sleeping, in such a place. */
  | 'gfp-in-atomic'
  /** Two lock classes taken in both orders. */
  | 'lock-order'
  /** A lock that an interrupt takes, taken elsewhere with interrupts on. */
  | 'irq-unsafe'
  /** A callee needs a lock that this caller does not hold. */
  | 'requires-not-held'
  /** What was tested under a lock is acted upon after the lock was dropped (and taken again). */
  | 'check-then-act'
  | 'missing-recheck'
  | 'unpaired-barrier';

/** A place that a finding leans on: where the lock was taken, the exit that does let it go, each call of a chain. */
export interface RelatedPlace extends Position {
  readonly message: string;
}

export interface Finding extends Position {
  readonly kind: FindingKind;
  readonly function: string;
  /** One sentence that names the lock. */
  readonly message: string;
  /** `high` ones are shown unless switched off; `low` ones only when asked for. */
  readonly confidence: 'high' | 'medium' | 'low';
  /** The lock as `LockFact` writes it, where there is one. */
  readonly lock?: string;
  /** The source line at the finding, spaces collapsed: with kind, function and lock it tells a finding from another. */
  readonly text: string;
  readonly related: readonly RelatedPlace[];
  /** Set when the source itself suppresses it (docs/findings.md): the reason given there. */
  readonly suppressed?: string;
  /** The comment, or the entry of the tree's `.lockstep.json`, that suppresses it. */
  readonly suppressedAt?: Position;
}

export interface FindingsDocument {
  readonly version: 1;
  readonly findings: readonly Finding[];
  /** How much was looked at, and which functions could not be analysed whole. */
  readonly functions?: number;
  readonly incomplete?: readonly string[];
  /** Suppression comments that suppress nothing, and why; files that could not be read. */
  readonly notices?: readonly RelatedPlace[];
}

export type TraceEventKind =
  | 'acquire' // a lock is now held
  | 'wait' // a thread starts to wait for a lock
  | 'release'
  | 'downgrade' // write → read without letting go
  | 'read' // of memory that another thread can reach
  | 'write'
  | 'pagetable' // a write to a page-table entry
  | 'barrier'
  | 'tlbflush'
  | 'alloc'
  | 'free'
  | 'output' // seq_printf or printk wrote text
  | 'unmodelled'
  | 'warning' // a check of the kernel's own failed: WARN_ON, lockdep_assert_held
  | 'bug' // the thread cannot go on: BUG(), null dereference, unlock of what is not held
  | 'start'
  | 'exit';

/** One visible step of a run. Everything the panel shows is a function of these. */
export interface TraceEvent {
  /** 0, 1, 2 …: the position of the event in the run, strictly increasing. */
  readonly step: number;
  /** Index into `threads`. */
  readonly thread: number;
  readonly kind: TraceEventKind;
  readonly file: string;
  readonly line: number;
  /** Innermost C function that is running. */
  readonly function: string;
  /** acquire, wait, release, downgrade: the lock's name, index into `locks`, and mode. */
  readonly lock?: number;
  readonly mode?: LockMode;
  /** read, write, pagetable, alloc, free, tlbflush: the address (hex, 16 digits after 0x) and size in bytes. */
  readonly address?: string;
  readonly size?: number;
  /** read, write, pagetable: the value now there (hex); pagetable and write: the value before. */
  readonly value?: string;
  readonly before?: string;
  /** pagetable, read of an entry: which level the table is, and the virtual address the entry maps, when known. */
  readonly level?: 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';
  readonly maps?: string;
  /** barrier: smp_wmb …; tlbflush: the range; alloc/free: what; output: the text; warning, bug, unmodelled: why. */
  readonly text?: string;
}

/** A stretch of steps in which one thread held (or waited for) a lock; `to` is exclusive, the run's end if never let go. */
export interface LockSpan {
  readonly thread: number;
  readonly mode: LockMode;
  readonly from: number;
  readonly to: number;
}

export interface LockHistory {
  /** `init_mm.mmap_lock`: the global and field path, else the struct type and address. */
  readonly lock: string;
  readonly type: string;
  readonly address: string;
  readonly holds: readonly LockSpan[];
  readonly waits: readonly LockSpan[];
}

/** What a schedule is: replaying `choices` gives the same trace. */
export interface Schedule {
  readonly kind: 'round-robin' | 'random' | 'explicit' | 'script';
  readonly seed?: number;
  /** round-robin: steps before the next thread's turn. */
  readonly quantum?: number;
  /** script: as it was written. */
  readonly script?: string;
  /** explicit, script: the first step at which what was given could not be followed. */
  readonly diverged?: number;
  /** explicit, of a witness: what has gone wrong by the last choice, where the run ends. */
  readonly ends?: string;
  /** The thread that took each visible step, run-length coded: [thread, steps, thread, steps …]. */
  readonly choices: readonly number[];
  /** Of the program that it was recorded of, by file: what its functions do. To a program with others it means nothing. */
  readonly versions?: Readonly<Record<string, string>>;
}

export interface TraceDocument {
  readonly version: 1;
  readonly scenario: string;
  readonly scenarioFile: string;
  /** Label of the source that ran, and of the patch applied to it in memory, if any. */
  readonly source: string;
  readonly patch?: string;
  readonly threads: readonly { readonly name: string }[];
  readonly events: readonly TraceEvent[];
  readonly locks: readonly LockHistory[];
  /** What seq_printf and printk wrote, in order, with the step that wrote it. */
  readonly output: readonly {
    readonly step: number;
    readonly thread: number;
    readonly stream: 'seq' | 'printk';
    readonly text: string;
  }[];
  readonly unmodelled: readonly {
    readonly function: string;
    readonly file: string;
    readonly line: number;
    readonly count: number;
  }[];
  readonly schedule: Schedule;
  /** How the run ended. `steps` is the limit that was hit for `limit`. */
  readonly end: {
    readonly kind: 'finished' | 'deadlock' | 'bug' | 'violation' | 'limit' | 'cancelled';
    readonly message?: string;
    readonly steps: number;
  };
  /** The scenario's invariants and whether each held when the run finished. */
  readonly invariants: readonly { readonly name: string; readonly held: boolean; readonly line: number }[];
  /** Page tables watched by the panel: each table with its entries when the threads started. */
  readonly tables: readonly TraceTable[];
}

/** A read under weak memory that does not see a write that its thread should expect to see. */
export interface StaleRead {
  readonly thread: string;
  readonly function: string;
  readonly file: string;
  readonly line: number;
  /** What is read: `init_mm.pgd`, or an address. */
  readonly location: string;
  /** In hexadecimal. */
  readonly value: string;
  /** The first write that it does not see though that had been made. */
  readonly missed: WriteAt;
  /** A write after that one, by the same thread, that its thread has seen. */
  readonly seen?: WriteAt;
}

export interface WriteAt {
  readonly thread: string;
  /** The innermost function that is in no header: what is in one is called from everywhere. */
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

/** One way in which a scenario goes wrong, with the shortest run found that shows it. */
export interface Violation {
  /** What did not hold: the name of an INVARIANT of the scenario, or of one that always holds (`deadlock`, `use after free` …). */
  readonly invariant: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  /** Of the witness: visible steps, and how often another thread than before takes one. */
  readonly steps: number;
  readonly switches: number;
  /** Replays the witness: `lockstep run SCENARIO --schedule FILE` takes a file that holds it. */
  readonly schedule?: Schedule;
  /** Under weak memory there is no schedule that shows it; these are the reads of the witness that were not of the latest write. */
  readonly reads?: readonly StaleRead[];
  /** Executions that went wrong in this way. */
  readonly executions: number;
}

/** What exploring all schedules of a scenario came to. Counts are exact as far as `complete` says. */
export interface VerdictDocument {
  readonly version: 1;
  readonly scenario: string;
  readonly scenarioFile: string;
  readonly source: string;
  readonly patch?: string;
  /** `sc`: steps of threads are seen by all in one order. */
  readonly memory: 'sc' | 'weak';
  readonly threads: readonly { readonly name: string }[];
  /** One for each class of schedules that differ only in the order of steps which do not touch the same. */
  readonly executions: number;
  /** Executions that were begun and turned out to be of a class that was known. */
  readonly blocked: number;
  /** Visible steps of all executions together. */
  readonly steps: number;
  /** Every class was run. */
  readonly complete: boolean;
  /** Why not, when not: a limit, cancelled. */
  readonly stopped?: string;
  readonly violations: readonly Violation[];
  readonly unmodelled: readonly {
    readonly function: string;
    readonly file: string;
    readonly line: number;
    readonly count: number;
  }[];
}

/** Litmus tests run under the kernel's memory model. */
export interface LitmusDocument {
  readonly version: 1;
  /** The model that they were run under. */
  readonly model: string;
  readonly tests: readonly {
    readonly name: string;
    readonly file: string;
    /** Of an `exists` question: no state, some but not all, or all are as it says. Absent with `error`. */
    readonly verdict?: 'Never' | 'Sometimes' | 'Always';
    /** What the test's own comment says. */
    readonly expected?: 'Never' | 'Sometimes' | 'Always';
    /** Executions that are as the question says, and that are not. */
    readonly positive: number;
    readonly negative: number;
    /** Different final values of what is asked about. */
    readonly states: number;
    /** `data-race`, `deadlock`, `load-buffering-left-out`: what the verdict is to be taken with. */
    readonly flags: readonly string[];
    readonly seconds: number;
    readonly error?: string;
  }[];
}

/** What one line that a patch adds is there for. */
export interface WhyLine {
  readonly file: string;
  /** Of the file as the patch leaves it, 1-based. */
  readonly line: number;
  readonly text: string;
  /**
   * `needed`: something breaks without it. `no-effect`: nothing was found to, within `scope`. `not-alone`: it cannot be left out
   * by itself, and what it belongs to cannot either.
   */
  readonly effect: 'needed' | 'no-effect' | 'not-alone';
  readonly reason: string;
  /** What was left out with it: all lines, this one too. */
  readonly lines: readonly number[];
  /** Executions that were run for it. */
  readonly executions: number;
  /** Within which bounds nothing was found. */
  readonly scope?: string;
  readonly violation?: Violation;
  /** The source without it, as a patch to what the patch leaves: the witness replays there. */
  readonly variant?: string;
}

/** What breaks when lines of a patch are left out, one at a time. */
export interface WhyDocument {
  readonly version: 1;
  readonly scenario: string;
  readonly scenarioFile: string;
  readonly source: string;
  readonly patch: string;
  readonly memory: 'sc' | 'weak';
  /** With the whole patch. What is violated there already counts for no line. */
  readonly base: VerdictDocument;
  readonly lines: readonly WhyLine[];
  /** The same of operations that were replaced by weaker ones. */
  readonly weakened: readonly (Omit<WhyLine, 'effect'> & { readonly effect: 'needed' | 'no-effect' | 'not-alone' })[];
  /** Executions of all variants together, and variants that were explored. */
  readonly executions: number;
  readonly variants: number;
  /** It was stopped before the last line. */
  readonly stopped?: string;
}

/** A page table as it was when the threads started (or when it was allocated); `pagetable` events bring it up to date. */
export interface TraceTable {
  readonly level: 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';
  readonly address: string;
  /** Virtual address that entry 0 maps, and bytes mapped by one entry, when known. */
  readonly maps?: string;
  readonly span?: string;
  /** Sparse: index → entry (hex). */
  readonly entries: readonly (readonly [number, string])[];
}
