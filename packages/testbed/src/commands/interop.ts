import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CaseResult,
  countResults,
  matrixMarkdown,
  peers,
  remark,
  runMatrix,
} from '@mpquic/interop';
import type { CommandModule } from 'yargs';
import { CommandFailure, ExitStatus } from '../cli/failure.ts';
import { replaceGenerated } from '../cli/generated-part.ts';
import { requireWritable } from '../cli/given-file.ts';
import { paint, printJson, printLines, printNote } from '../cli/output.ts';
import { formatTable } from '../cli/table.ts';
import { requireInteger } from '../cli/wrong-usage.ts';

interface InteropArguments {
  readonly peer: readonly string[];
  readonly case: readonly string[];
  readonly out: string;
  readonly retries: number;
  readonly quick: boolean;
  readonly report?: string | undefined;
  readonly json: boolean;
}

/** `mpq interop`: other stacks against ours. */
export const interopCommand: CommandModule<object, InteropArguments> = {
  command: 'interop',
  describe:
    'Matrix of runs against other QUIC stacks; one that is not installed is reported as such',
  builder: (parser) =>
    parser
      .option('peer', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: `only these peers: ${peers.map(({ name }) => name).join(', ')}`,
      })
      .option('case', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'only these cases',
      })
      .option('out', {
        type: 'string',
        default: 'out/interop',
        describe: 'folder for results.json, matrix.md and the logs of failed cases',
      })
      .option('quick', {
        type: 'boolean',
        default: false,
        describe: 'leave out the cases that take more than half a minute or measure a rate',
      })
      .option('retries', {
        type: 'number',
        default: 0,
        describe: 'how often a case that fails is run again; the matrix tells',
      })
      .option('report', {
        type: 'string',
        describe: 'Markdown file whose generated part becomes the matrix of this run',
      })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document' })
      .example('mpq interop --peer qpsk --case transfer-20mb', 'one case, both roles'),
  handler: async ({ peer: peerNames, case: caseNames, out, retries, quick, report, json }) => {
    checkNames(peerNames, caseNames);
    requireInteger('--retries', retries, 0, 10);
    requireWritable('--report', report);
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    const results = await runMatrix({
      peers,
      peerNames,
      caseNames,
      folder: out,
      retries,
      quick,
      onResult: json ? undefined : progress,
    });
    const totals = countResults(results);
    writeFileSync(join(out, 'results.json'), `${JSON.stringify({ totals, results }, null, 2)}\n`);
    const markdown = matrixMarkdown(results, peers);
    writeFileSync(join(out, 'matrix.md'), markdown);
    if (report !== undefined) writeReport(report, markdown);
    if (json) printJson({ totals, results });
    else printLines(['', ...table(results), '', ...summary(results)]);
    if (totals.failed > 0) process.exitCode = ExitStatus.failed;
  },
};

/** @throws {Error} of node:fs */
function writeReport(file: string, markdown: string): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '# Interoperability\n';
  writeFileSync(file, replaceGenerated(before, 'interop --report', markdown));
}

function checkNames(peerNames: readonly string[], caseNames: readonly string[]): void {
  const known = peers.map(({ name }) => name);
  const stranger = peerNames.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw CommandFailure.usage(`no peer ${stranger}; there are ${known.join(', ')}`);
  }
  const chosen = peers.filter(({ name }) => peerNames.length === 0 || peerNames.includes(name));
  const cases = new Set(chosen.flatMap((peer) => peer.cases.map(({ name }) => name)));
  const unknown = caseNames.find((name) => !cases.has(name));
  if (unknown !== undefined) {
    throw CommandFailure.usage(`no case ${unknown}; there are ${[...cases].join(', ')}`);
  }
}

function progress(result: CaseResult): void {
  const { outcome, peer, role, milliseconds } = result;
  printNote(`${outcome.status.padEnd(13)} ${peer} ${result.case} (${role}), ${milliseconds} ms`);
}

function table(results: readonly CaseResult[]): string[] {
  return formatTable(
    [
      { title: 'peer' },
      { title: 'case' },
      { title: 'our role' },
      { title: 'result' },
      { title: '' },
    ],
    results.map((result) => [
      result.peer,
      result.case,
      result.role,
      result.outcome.status,
      remark(result),
    ]),
  );
}

function summary(results: readonly CaseResult[]): string[] {
  const { passed, failed, unsupported, notInstalled } = countResults(results);
  const lines = [`${passed} passed, ${failed} failed`];
  if (unsupported > 0) lines.push(`${unsupported} unsupported by the peer`);
  if (notInstalled > 0) lines.push(`${notInstalled} not run: the peer is not installed`);
  return failed > 0 ? [paint('red', lines[0] ?? ''), ...lines.slice(1)] : lines;
}
