import type { Finding, FindingsDocument } from '../../extension/core/report/documents.ts';

/** A finding that a test says something about, with the rest filled in. */
export const finding = (more: Partial<Finding> = {}): Finding => ({
  kind: 'missing-unlock',
  function: 'f',
  file: 'mm/a.c',
  line: 10,
  column: 2,
  message: '&a->lock is still held here',
  confidence: 'high',
  lock: '&a->lock',
  text: 'return -EINVAL;',
  related: [],
  ...more,
});

export const findings = (...list: readonly Partial<Finding>[]): FindingsDocument => ({
  version: 1,
  findings: list.map(finding),
});
