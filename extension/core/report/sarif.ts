import type { Location, Log, ReportingDescriptor, Result, Run, Suppression, ThreadFlow } from 'sarif';
import type { Position } from '../text/source.ts';
import type { Finding, FindingKind, FindingsDocument, RelatedPlace } from './documents.ts';
import { type FindingsComparison, keyed } from './findingDiff.ts';
import { KINDS, kindNames } from './findingKinds.ts';

export interface SarifOptions {
  /** Of Lockstep. */
  readonly version: string;
  /** URI of the tree's folder; viewers resolve files against it. Without one they ask. */
  readonly root?: string;
  /** False: the document is what there was when the check was stopped, or files could not be read. */
  readonly complete?: boolean;
}

const ROOT = 'SRCROOT';

/** Findings as a SARIF 2.1.0 log of one run. Suppressed findings are in it, with the reason as their justification. */
export function findingsSarif(document: FindingsDocument, options: SarifOptions): Log {
  return logOf(
    keyed(document.findings).map(({ key, finding }) => resultOf(finding, key)),
    document.notices,
    options,
  );
}

/** What a change does to findings: `baselineState` is `new`, `unchanged` or `absent` (gone). */
export function comparisonSarif(comparison: FindingsComparison, options: SarifOptions): Log {
  // Those that are there after the change have the fingerprints that a check of the changed source gives them.
  const after = [...comparison.added, ...comparison.unchanged].sort(byPlace);
  const isNew = new Set(comparison.added);
  const results = keyed(after).map(({ key, finding }) =>
    resultOf(finding, key, isNew.has(finding) ? 'new' : 'unchanged'),
  );
  const gone = keyed(comparison.removed).map(({ key, finding }) => resultOf(finding, key, 'absent'));
  return logOf([...results, ...gone], comparison.notices, options);
}

const byPlace = (a: Finding, b: Finding): number =>
  a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column;

function logOf(results: Result[], notices: readonly RelatedPlace[] | undefined, options: SarifOptions): Log {
  const run: Run = {
    tool: {
      driver: {
        name: 'Lockstep',
        version: options.version,
        semanticVersion: options.version,
        rules: kindNames.map(ruleOf),
      },
    },
    columnKind: 'utf16CodeUnits',
    ...(options.root === undefined ? {} : { originalUriBaseIds: { [ROOT]: { uri: withSlash(options.root) } } }),
    invocations: [
      {
        executionSuccessful: options.complete ?? true,
        ...(notices?.length
          ? {
              toolExecutionNotifications: notices.map(n => ({
                level: 'note' as const,
                message: { text: n.message },
                locations: [locationOf(n)],
              })),
            }
          : {}),
      },
    ],
    results,
  };
  return {
    version: '2.1.0',
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    runs: [run],
  };
}

const withSlash = (uri: string): string => (uri.endsWith('/') ? uri : `${uri}/`);

function ruleOf(kind: FindingKind): ReportingDescriptor {
  const { title, means, help } = KINDS[kind];
  return {
    id: kind,
    name: kind.replace(/(?:^|-)(\w)/g, (_, c: string) => c.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: means },
    help: { text: `${means} ${help}`, markdown: `${means}\n\n${help}` },
    defaultConfiguration: { level: 'warning' },
    properties: { tags: ['concurrency', 'locking'] },
  };
}

const LEVEL = { high: 'warning', medium: 'note', low: 'note' } as const;
const RANK = { high: 90, medium: 50, low: 10 } as const;

function resultOf(finding: Finding, key: string, baselineState?: Result.baselineState): Result {
  const { kind, message, confidence, function: name, lock, related } = finding;
  const flow = flowOf(finding);
  return {
    ruleId: kind,
    ruleIndex: kindNames.indexOf(kind),
    level: LEVEL[confidence],
    rank: RANK[confidence],
    message: { text: message },
    locations: [
      {
        ...locationOf(finding, finding.text),
        logicalLocations: [{ name, kind: 'function', fullyQualifiedName: name }],
      },
    ],
    ...(related.length
      ? { relatedLocations: related.map((r, i) => ({ id: i + 1, ...locationOf(r), message: { text: r.message } })) }
      : {}),
    ...(flow ? { codeFlows: [{ threadFlows: [flow] }] } : {}),
    partialFingerprints: { 'lockstepFinding/v1': hash(key) },
    suppressions: suppressionsOf(finding),
    ...(baselineState ? { baselineState } : {}),
    properties: { confidence, ...(lock === undefined ? {} : { lock }) },
  };
}

/** Kinds whose first related place is evidence from elsewhere, not a step on the way to the finding. */
const NO_WAY: ReadonlySet<FindingKind> = new Set(['irq-unsafe', 'unpaired-barrier']);

/**
 * The way to the finding: the places up to its own when it is among them, else where the lock was taken and then the finding.
 * What comes after is the other side (another path, another function) and stays a related location.
 */
function flowOf(finding: Finding): ThreadFlow | undefined {
  const { kind, related, line, column, file, message } = finding;
  const [first] = related;
  if (!first || NO_WAY.has(kind)) return undefined;
  const own = related.findIndex(r => r.file === file && r.line === line && r.column === column);
  const before = own > 0 ? related.slice(0, own) : own === 0 ? [] : [first];
  const steps = [...before, { file, line, column, message }];
  return steps.length < 2
    ? undefined
    : { locations: steps.map(s => ({ location: { ...locationOf(s), message: { text: s.message } } })) };
}

function locationOf({ file, line, column }: Position, snippet?: string): Location {
  return {
    physicalLocation: {
      artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: ROOT },
      region: { startLine: line, startColumn: column, ...(snippet ? { snippet: { text: snippet } } : {}) },
    },
  };
}

/** An empty list says that the finding is not suppressed; leaving it out would say that nobody knows. */
function suppressionsOf({ file, suppressed, suppressedAt }: Finding): Suppression[] {
  if (suppressed === undefined) return [];
  return [
    {
      kind: suppressedAt && suppressedAt.file !== file ? 'external' : 'inSource',
      status: 'accepted',
      justification: suppressed,
      ...(suppressedAt ? { location: locationOf(suppressedAt) } : {}),
    },
  ];
}

/** 64 bits of FNV-1a over the UTF-16 units, as 16 hexadecimal digits. */
function hash(text: string): string {
  const prime = 0x100000001b3n;
  let h = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) h = BigInt.asUintN(64, (h ^ BigInt(text.charCodeAt(i))) * prime);
  return h.toString(16).padStart(16, '0');
}
