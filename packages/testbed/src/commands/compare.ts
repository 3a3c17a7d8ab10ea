import { type SolutionId, solutions } from '@mpquic/keys';
import type { CommandModule } from 'yargs';
import { CommandFailure } from '../cli/failure.ts';
import { paint, printJson, printLines, printNote, terminalWidth } from '../cli/output.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { formatTable, wrap } from '../cli/table.ts';
import { requireInteger } from '../cli/wrong-usage.ts';
import { type Comparison, compareSolutions } from '../compare/comparison.ts';
import type { Latencies } from '../compare/latent-stage.ts';
import { markdownOf } from '../compare/markdown.ts';
import { sectionsOf } from '../compare/sections.ts';

interface CompareArguments {
  readonly solution: readonly SolutionId[] | undefined;
  readonly 'all-variants': boolean;
  readonly 'psk-mode': 'raw' | 'imported' | 'both';
  readonly experiments: boolean;
  readonly repeat: number;
  readonly 'n1-latency': number;
  readonly 'n4-latency': number;
  readonly 'sbi-latency': number;
  readonly 'access-latency': number;
  readonly json: boolean;
  readonly markdown: boolean;
}

const MAX_LATENCY_MS = 1_000;
const PSK_MODES = { raw: ['raw'], imported: ['imported'], both: ['raw', 'imported'] } as const;

/** `mpq compare`: every solution run for real, every figure measured in that run. */
export const compareCommand: CommandModule<object, CompareArguments> = {
  command: 'compare',
  describe: 'Every solution run for real and compared: messages, times, keys, weaknesses',
  builder: (parser) =>
    parser
      .option('solution', {
        type: 'string',
        array: true,
        requiresArg: true,
        choices: solutions.map(({ id }) => id),
        describe: 'only these solutions',
      })
      .option('all-variants', {
        type: 'boolean',
        default: false,
        describe: 'every variant instead of the first of each solution',
      })
      .option('psk-mode', {
        requiresArg: true,
        choices: ['raw', 'imported', 'both'] as const,
        default: 'raw' as const,
        describe: 'PSKs as they are, imported (RFC 9258), or a row for each',
      })
      .option('experiments', {
        type: 'boolean',
        default: true,
        describe: 'run the experiments that apply (--no-experiments leaves them out)',
      })
      .option('repeat', {
        type: 'number',
        default: 5,
        describe: 'sessions for each time',
      })
      .option('n1-latency', { type: 'number', default: 10, describe: 'N1, one way, ms' })
      .option('n4-latency', { type: 'number', default: 5, describe: 'N4, one way, ms' })
      .option('sbi-latency', { type: 'number', default: 1, describe: 'SBI, one way, ms' })
      .option('access-latency', {
        type: 'number',
        default: 10,
        describe: 'both accesses between UE and UPF, one way, ms',
      })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document' })
      .option('markdown', { type: 'boolean', default: false, describe: 'a Markdown document' })
      .example('mpq compare --markdown > solutions.md', 'a document'),
  handler: async (given) => {
    if (given.json && given.markdown) {
      throw CommandFailure.usage('--json and --markdown exclude each other');
    }
    requireInteger('--repeat', given.repeat, 1, 100);
    const latencies = latenciesOf(given);
    const stop = stopSignal();
    try {
      const comparison = await compareSolutions({
        latencies,
        repeat: given.repeat,
        only: given.solution,
        allVariants: given['all-variants'],
        pskModes: PSK_MODES[given['psk-mode']],
        withExperiments: given.experiments,
        signal: stop.signal,
        onProgress: (text) => printNote(`... ${text}`),
      });
      print(comparison, given);
    } finally {
      stop.release();
    }
  },
};

function latenciesOf(given: CompareArguments): Latencies {
  const read = (name: 'n1' | 'n4' | 'sbi' | 'access'): number => {
    const value = given[`${name}-latency`];
    requireInteger(`--${name}-latency`, value, 0, MAX_LATENCY_MS);
    return value;
  };
  return { n1: read('n1'), n4: read('n4'), sbi: read('sbi'), access: read('access') };
}

function print(comparison: Comparison, { json, markdown }: CompareArguments): void {
  if (json) {
    printJson({ ok: true, ...comparison });
    return;
  }
  const sections = sectionsOf(comparison);
  if (markdown) {
    process.stdout.write(markdownOf(introductionOf(comparison), sections));
    return;
  }
  const width = terminalWidth() ?? Number.POSITIVE_INFINITY;
  for (const { title, note, columns, rows } of sections) {
    const lines = wrap(note, width).map((line) => paint('dim', line));
    printLines(['', paint('bold', title), ...lines, ...formatTable(columns, rows, width)]);
  }
}

function introductionOf({ latencies, repeat }: Comparison): string[] {
  const { n1, n4, sbi, access } = latencies;
  return [
    'Written by `mpq compare --markdown`: every figure was measured in one run, in one process over',
    `loopback, at one-way latencies of N1 ${n1} ms, N4 ${n4} ms, SBI ${sbi} ms and access ${access} ms.`,
    `${repeat} sessions for each time, with and without PSK by turns; signalling is that of one.`,
    'The default variant of each solution; `--all-variants` runs the others as well, `--psk-mode` takes raw',
    'or imported PSKs, or both.',
  ];
}
