import type { SolutionId } from '@mpquic/keys';
import type { Experiment, ExperimentResult } from './experiment.ts';
import { type StageWatcher, watchingStages } from './stage-watch.ts';

/** One experiment with one solution, as `mpq experiments run --json` prints it. */
export interface ExperimentRun extends Omit<ExperimentResult, 'mitigated'> {
  readonly id: string;
  readonly title: string;
  readonly solution: SolutionId;
  readonly why: string;
  readonly mitigation: string;
  /** Whether the mitigation held in this run; null where none was run. */
  readonly mitigated: boolean | null;
  readonly ms: number;
}

export interface RunOptions {
  /** Only with this solution. */
  readonly solution?: SolutionId | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onRun?: ((run: ExperimentRun) => void) | undefined;
  /** Sees each network that an experiment sets up, when it is taken down. */
  readonly watcher?: StageWatcher | undefined;
}

/** Runs experiments one after the other, each with every solution that it is about. */
export async function runExperiments(
  chosen: readonly Experiment[],
  { solution: only, signal, onRun, watcher }: RunOptions = {},
): Promise<ExperimentRun[]> {
  const runs: ExperimentRun[] = [];
  for (const { id, title, solutions, why, mitigation, run } of chosen) {
    for (const solution of solutions) {
      if (only !== undefined && solution !== only) continue;
      signal?.throwIfAborted();
      const started = performance.now();
      const {
        verdict,
        mitigated = null,
        evidence,
      } = await watchingStages(watcher, () => run(solution));
      const ms = Math.round(performance.now() - started);
      const done = { id, title, solution, verdict, mitigated, evidence, why, mitigation, ms };
      runs.push(done);
      onRun?.(done);
    }
  }
  return runs;
}
