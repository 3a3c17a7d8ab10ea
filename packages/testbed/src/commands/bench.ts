import type { CommandModule } from 'yargs';
import { benchTable } from '../bench/bench-report.ts';
import { benchSpecs, reportSections, runBenches } from '../bench/benches.ts';
import { FULL_EFFORT } from '../bench/effort.ts';
import { performanceReport } from '../bench/markdown-report.ts';
import { plotFolder, writeReport } from '../bench/report-file.ts';
import { FAILED } from '../bench/result.ts';
import { CommandFailure, ExitStatus } from '../cli/failure.ts';
import { requireFolderOf } from '../cli/given-file.ts';
import { printJson, printLines, printNote } from '../cli/output.ts';

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
  requireFolderOf('--report', report);
  const unknown = names.find((name) => !benchSpecs.some((spec) => spec.name === name));
  if (unknown !== undefined) {
    const known = benchSpecs.map(({ name }) => name).join(', ');
    throw CommandFailure.usage(`no bench ${unknown}; there are ${known}`);
  }
  if (!Number.isInteger(runs) || runs < 1) {
    throw CommandFailure.usage('--runs takes an integer from 1 on');
  }
  if (!(duration >= 10)) throw CommandFailure.usage('--duration takes milliseconds, from 10 on');
  if (!Number.isInteger(population) || population < 10 || population > 15_000) {
    throw CommandFailure.usage('--population takes an integer from 10 to 15000');
  }
}
