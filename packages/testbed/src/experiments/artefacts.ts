import { join } from 'node:path';
import { eventsDocument, writeRun } from '../story/artefacts.ts';
import type { ExperimentRun } from './run-experiments.ts';
import type { StageRecord } from './stage-watch.ts';

/**
 * Writes what an experiment did into a folder of its own, `D7-3` for D7 with solution #3: one capture and
 * key log of all its networks, and `run.json` with the verdict and the messages of each, without keys.
 */
export function writeExperiment(
  folder: string,
  run: ExperimentRun,
  stages: readonly StageRecord[],
): readonly string[] {
  const recording = {
    events: stages.flatMap(({ events }) => events),
    packets: stages.flatMap(({ packets }) => packets),
    keyLog: stages.map(({ keyLog }) => keyLog).join(''),
  };
  const networks = stages.map(({ options, events }) => ({
    solution: options.solution,
    variant: options.variant ?? null,
    delivery: options.delivery ?? null,
    pskMode: options.pskMode ?? 'raw',
    ...eventsDocument(events),
  }));
  return writeRun(join(folder, `${run.id}-${run.solution}`), recording, { ...run, networks });
}
