import { findSolution, type StudyDefect, solutions, studyDefects } from '@mpquic/keys';
import { experiments } from '../experiments/all-experiments.ts';
import { type ExperimentRun, runExperiments } from '../experiments/run-experiments.ts';
import { type KeyLife, measureKeyLife } from './key-life.ts';
import { type KidMeasure, measureKid } from './kid-measure.ts';
import type { Latencies } from './latent-stage.ts';
import {
  type BaselineMeasure,
  combined,
  measureBaseline,
  measureSession,
  type SessionCost,
  type SessionMeasure,
} from './session-measure.ts';
import { difference, type Signalling } from './signalling.ts';
import { chosenSubjects, type Subject, type SubjectChoice } from './subject.ts';

/** Beyond the baseline; negative where it takes less. */
export interface ExtraCost {
  readonly signalling: Signalling;
  readonly quicOctets: number;
  readonly quicRoundTrips: number;
  /** From the request to the end of the handshake, the least of each. */
  readonly ms: number;
}

/** One solution, variant and PSK mode, everything measured in this run. */
export interface ComparisonRow extends Subject, SessionMeasure, KeyLife {
  readonly title: string;
  readonly extra: ExtraCost;
  readonly kid: KidMeasure;
}

/** What `mpq compare --json` prints. Times in milliseconds. */
export interface Comparison {
  readonly latencies: Latencies;
  /** Sessions for each time. */
  readonly repeat: number;
  /** A session without PSK, measured beside each row: the UPF shows a certificate. */
  readonly baseline: BaselineMeasure;
  readonly rows: readonly ComparisonRow[];
  /** Each experiment with each solution that it is about. */
  readonly experiments: readonly ExperimentRun[];
  readonly studyDefects: readonly StudyDefect[];
}

export interface CompareOptions extends SubjectChoice {
  readonly latencies: Latencies;
  /** Sessions for each time. */
  readonly repeat?: number;
  readonly withExperiments?: boolean;
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs every solution for real. */
export async function compareSolutions(options: CompareOptions): Promise<Comparison> {
  const { latencies, repeat = 1, onProgress, signal } = options;
  const measuring = { latencies, repeat };
  onProgress?.('a session without PSK');
  // The first run of a program is slower than all others, and would count against the baseline.
  await measureBaseline(latencies);
  const baselines: BaselineMeasure[] = [];
  const rows: ComparisonRow[] = [];
  for (const subject of chosenSubjects(options)) {
    signal?.throwIfAborted();
    onProgress?.(`#${subject.solution} ${subject.variant}, ${subject.pskMode} PSK`);
    const pairs = await measurePairs(subject, measuring);
    const session = combined(pairs.sessions);
    baselines.push(...pairs.baselines);
    rows.push({
      ...subject,
      title: findSolution(subject.solution).title,
      ...session,
      extra: extraCost(session, combined(pairs.baselines)),
      ...(await measureKeyLife(subject, measuring)),
      kid: await measureKid(subject),
    });
  }
  return {
    latencies,
    repeat,
    baseline: combined(baselines),
    rows,
    experiments: await runAll(options),
    studyDefects,
  };
}

/** Sessions with and without PSK by turns, so that a machine which gets slower does so for both. */
async function measurePairs(
  subject: Subject,
  { latencies, repeat }: { readonly latencies: Latencies; readonly repeat: number },
): Promise<{
  readonly baselines: readonly BaselineMeasure[];
  readonly sessions: readonly SessionMeasure[];
}> {
  const baselines: BaselineMeasure[] = [];
  const sessions: SessionMeasure[] = [];
  while (sessions.length < repeat) {
    baselines.push(await measureBaseline(latencies));
    sessions.push(await measureSession(subject, latencies));
  }
  return { baselines, sessions };
}

function extraCost(cost: SessionCost, baseline: SessionCost): ExtraCost {
  return {
    signalling: difference(cost.signalling, baseline.signalling),
    quicOctets: cost.quic.bytes - baseline.quic.bytes,
    quicRoundTrips: cost.quicRoundTrips - baseline.quicRoundTrips,
    ms: cost.totalMs.least - baseline.totalMs.least,
  };
}

async function runAll({
  only,
  withExperiments = true,
  onProgress,
  signal,
}: CompareOptions): Promise<readonly ExperimentRun[]> {
  if (!withExperiments) return [];
  const runs: ExperimentRun[] = [];
  for (const { id: solution } of solutions) {
    if (only !== undefined && !only.includes(solution)) continue;
    const onRun = ({ id, verdict }: ExperimentRun): void =>
      onProgress?.(`#${solution} ${id}: ${verdict}`);
    runs.push(...(await runExperiments(experiments, { solution, signal, onRun })));
  }
  return runs;
}
