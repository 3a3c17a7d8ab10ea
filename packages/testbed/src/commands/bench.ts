import type { CommandModule } from 'yargs';
import { benchTable } from '../bench/bench-report.ts';
import { benchSpecs, reportSections, runBenches } from '../bench/benches.ts';
import { FULL_EFFORT } from '../bench/effort.ts';
import { performanceReport } from '../bench/markdown-report.ts';
import { plotFolder, writeReport } from '../bench/report-file.ts';
import { FAILED } from '../bench/result.ts';
import { CommandFailure, ExitStatus } from '../cli/failure.ts';
import { requireWritable } from '../cli/given-file.ts';
import { printJson, printLines, printNote } from '../cli/output.ts';
import { requireInteger } from '../cli/wrong-usage.ts';

interface BenchArguments {
  readonly name: readonly string[];
  readonly runs: number;
  readonly duration: number;
  readonly population: number;
  readonly report: string | undefined;
  readonly json: boolean;
}

/** `mpq bench`: figures beside their references, measured in one run. */
export const benchCommand: CommandModule<object, BenchArguments> = {
  command: 'bench [name..]',
  describe: 'Throughput, handshakes, latency and memory, each beside its reference in the same run',
  builder: (parser) =>
    parser
      .positional('name', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: `only these benches: ${benchSpecs.map(({ name }) => name).join(', ')}`,
      })
      .option('runs', {
        type: 'number',
        default: FULL_EFFORT.runs,
        describe: 'measurements of each figure',
      })
      .option('duration', {
        type: 'number',
        default: FULL_EFFORT.duration,
        describe: 'milliseconds of each measurement',
      })
      .option('population', {
        type: 'number',
        default: FULL_EFFORT.population,
        describe: 'connections or sessions where a bench needs many',
      })
      .option('report', {
        type: 'string',
        describe: 'Markdown file whose measured part is written anew, plots beside it',
      })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document' })
      .example('mpq bench bulk-1path-fallback', 'one bench and its reference'),
  handler: async (given) => {
    checkUsage(given);
    const { name, runs, duration, population, report, json } = given;
    const effort = { ...FULL_EFFORT, runs, duration, population };
    const document = await runBenches(name, { effort, note: printNote });
    if (report !== undefined) {
      writeReport(report, performanceReport(document, reportSections, plotFolder(report)));
    }
    if (json) printJson(document);
    else printLines(benchTable(document));
    const failed = document.results.some(({ unavailable }) => unavailable?.startsWith(FAILED));
    if (failed) process.exitCode = ExitStatus.failed;
  },
};

function checkUsage({ name: names, runs, duration, population, report }: BenchArguments): void {
  requireWritable('--report', report);
  const unknown = names.find((name) => !benchSpecs.some((spec) => spec.name === name));
  if (unknown !== undefined) {
    const known = benchSpecs.map(({ name }) => name).join(', ');
    throw CommandFailure.usage(`no bench ${unknown}; there are ${known}`);
  }
  requireInteger('--runs', runs, 1, 1000);
  requireInteger('--duration', duration, 10, 600_000);
  requireInteger('--population', population, 10, 15_000);
}
