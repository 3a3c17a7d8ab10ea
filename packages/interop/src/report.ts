import type { CaseResult } from './matrix.ts';

export interface MatrixTotals {
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly notInstalled: number;
}

export function countResults(results: readonly CaseResult[]): MatrixTotals {
  const count = (status: CaseResult['outcome']['status']): number =>
    results.filter(({ outcome }) => outcome.status === status).length;
  return {
    passed: count('pass'),
    failed: count('fail'),
    unsupported: count('unsupported'),
    notInstalled: count('not installed'),
  };
}

/** What to say of a result beside its status. */
export function remark({ outcome }: CaseResult): string {
  return outcome.status === 'pass' ? (outcome.detail ?? '') : outcome.reason;
}

/** The matrix as Markdown, for docs/interop.md. */
export function matrixMarkdown(results: readonly CaseResult[]): string {
  const rows = results.map(
    (result) =>
      `| ${result.peer} | ${result.case} | ${result.role} | ${result.outcome.status} | ${remark(result)} |`,
  );
  return [
    '| peer | case | our role | result | remark |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
