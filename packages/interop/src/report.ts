import { type CaseResult, FURTHER_TRY, type OurRole, type Peer } from './matrix.ts';

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

/** The matrix as Markdown: a table of all peers, and one of the cases of each. */
export function matrixMarkdown(results: readonly CaseResult[], peers: readonly Peer[]): string {
  const sections = peers.flatMap((peer) => {
    const own = results.filter((result) => result.peer === peer.name);
    return own.length === 0 ? [] : [{ peer, own }];
  });
  const summary = sections.map(({ peer, own }) => {
    const { passed, failed, unsupported, notInstalled } = countResults(own);
    const version = own[0]?.version ?? 'not installed';
    const counts = [passed, failed, unsupported, notInstalled].join(' | ');
    return `| ${peer.name} | ${peer.description} | ${cell(version)} | ${counts} |`;
  });
  return [
    '| peer | what | version | passed | failed | unsupported | not run |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: |',
    ...summary,
    ...sections.flatMap(({ peer, own }) => ['', `### ${peer.name}`, '', ...caseTable(own)]),
    '',
  ].join('\n');
}

const COLUMNS: Readonly<Record<OurRole, string>> = {
  client: 'our client',
  server: 'our server',
  both: 'both ends ours',
};

/** One row for each case, one column for each role that occurs. */
function caseTable(results: readonly CaseResult[]): string[] {
  const roles = (Object.keys(COLUMNS) as OurRole[]).filter((role) =>
    results.some((result) => result.role === role),
  );
  const names = [...new Set(results.map((result) => result.case))];
  const rows = names.map((name) => {
    const cells = roles.map((role) => {
      const found = results.find((result) => result.case === name && result.role === role);
      return found === undefined ? '' : outcomeCell(found);
    });
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  const titles = roles.map((role) => COLUMNS[role]).join(' | ');
  return [`| case | ${titles} |`, `| --- |${' --- |'.repeat(roles.length)}`, ...rows];
}

function outcomeCell(result: CaseResult): string {
  const { status } = result.outcome;
  // Only what went before a pass is said of it: rates mean little here.
  const said = remark(result);
  if (status === 'pass') return said.startsWith(FURTHER_TRY) ? cell(`pass ${said}`) : 'pass';
  return cell(`${status === 'fail' ? '**fail**' : status}: ${said}`);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
