import {
  findSolution,
  type SolutionId,
  type StudyDefect,
  solutions,
  studyDefects,
} from '@mpquic/keys';
import { experiments } from '../experiments/all-experiments.ts';
import { type ExperimentRun, runExperiments } from '../experiments/run-experiments.ts';
import { type KeyLife, measureKeyLife } from './key-life.ts';
import { type KidMeasure, measureKid } from './kid-measure.ts';
import type { Latencies } from './latent-stage.ts';
import { measureSession, type SessionMeasure } from './session-measure.ts';
import { difference, type Signalling } from './signalling.ts';

/** One solution and variant, everything measured in this run. */
export interface ComparisonRow extends SessionMeasure, KeyLife {
  readonly solution: SolutionId;
  readonly variant: string;
  readonly title: string;
  /** Beyond the baseline. */
  readonly extra: Signalling;
  readonly kid: KidMeasure;
  /** Empty but for the default variant. */
  readonly experiments: readonly ExperimentRun[];
}

/** What `mpq compare --json` prints. Times in milliseconds. */
export interface Comparison {
  readonly latencies: Latencies;
  /** Sessions for each time; the median counts. */
  readonly repeat: number;
  /** The run that others are compared with: a session whose key the core neither makes nor carries. */
  readonly baseline: { readonly solution: SolutionId; readonly variant: string };
  readonly rows: readonly ComparisonRow[];
  readonly studyDefects: readonly StudyDefect[];
}

export interface CompareOptions {
  readonly latencies: Latencies;
  /** Runs for each time, of which the median counts. */
  readonly repeat?: number;
  readonly only?: readonly SolutionId[] | undefined;
  readonly allVariants?: boolean;
  readonly withExperiments?: boolean;
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Solution #Y: the core activates MPQUIC for its session as for all others, but derives and delivers no
 * key. That is what a session without the PSK procedures of the study costs, and the core makes no MPQUIC
 * session that is nearer to it.
 */
const BASELINE = { solution: 'Y', variant: 'group' } as const;

/** Runs every solution for real. */
export async function compareSolutions(options: CompareOptions): Promise<Comparison> {
  const { latencies, onProgress, signal } = options;
  onProgress?.('baseline');
  const { signalling: baseline } = await measureSession(BASELINE.solution, BASELINE.variant, {
    latencies,
  });
  const rows: ComparisonRow[] = [];
  for (const { id, variant } of chosen(options)) {
    signal?.throwIfAborted();
    onProgress?.(`#${id} ${variant}`);
    rows.push(await measureRow(id, variant, baseline, options));
  }
  return { latencies, repeat: options.repeat ?? 1, baseline: BASELINE, rows, studyDefects };
}

function chosen({ only, allVariants = false }: CompareOptions) {
  return solutions
    .filter(({ id }) => only === undefined || only.includes(id))
    .flatMap(({ id, variants }) =>
      (allVariants ? variants : variants.slice(0, 1)).map(({ name }) => ({ id, variant: name })),
    );
}

async function measureRow(
  solution: SolutionId,
  variant: string,
  baseline: Signalling,
  { latencies, repeat = 1, withExperiments = true, onProgress, signal }: CompareOptions,
): Promise<ComparisonRow> {
  const { title, variants } = findSolution(solution);
  const isDefault = variants[0]?.name === variant;
  const session = await measureSession(solution, variant, { latencies, repeat });
  const runs =
    withExperiments && isDefault
      ? await runExperiments(experiments, {
          solution,
          signal,
          onRun: ({ id, verdict }) => onProgress?.(`#${solution} ${id}: ${verdict}`),
        })
      : [];
  return {
    solution,
    variant,
    title,
    ...session,
    extra: difference(session.signalling, baseline),
    ...(await measureKeyLife(solution, variant, { latencies, repeat })),
    kid: await measureKid(solution, variant),
    experiments: runs,
  };
}
