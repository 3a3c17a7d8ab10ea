import { CommandFailure } from '../cli/failure.ts';
import { accessKeyExperiments } from './access-keys.ts';
import { countAndKidExperiments } from './count-and-kid.ts';
import { deliveryExperiments } from './delivery.ts';
import type { Experiment } from './experiment.ts';
import { provisionedExperiments } from './provisioned.ts';
import { pushedKeyExperiments } from './pushed-key.ts';
import { recordedTrafficExperiments } from './recorded-traffic.ts';
import { staleKeyExperiments } from './stale-keys.ts';
import { twoLayerExperiments } from './two-layers.ts';

/** D1 to D26. */
export const experiments: readonly Experiment[] = [
  ...accessKeyExperiments,
  ...staleKeyExperiments,
  ...deliveryExperiments,
  ...countAndKidExperiments,
  ...twoLayerExperiments,
  ...pushedKeyExperiments,
  ...provisionedExperiments,
  ...recordedTrafficExperiments,
];

/** The experiments of these IDs, or all of them for `all`. @throws {CommandFailure} wrong usage */
export function findExperiments(ids: readonly string[]): readonly Experiment[] {
  if (ids.some((id) => id.toLowerCase() === 'all')) return experiments;
  return ids.map((id) => {
    const found = experiments.find((experiment) => experiment.id === id.toUpperCase());
    if (found !== undefined) return found;
    throw CommandFailure.usage(`there is no experiment ${id}; \`mpq experiments list\` shows all`);
  });
}
