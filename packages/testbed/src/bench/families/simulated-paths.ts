import type { LinkOptions } from '@mpquic/testkit';
import type { BenchContext } from '../effort.ts';
import { type BenchResult, type BenchSpec, type Measurement, summarize } from '../result.ts';
import { DownloadScene } from '../simulation/download-scene.ts';
import { noted } from './measure-specs.ts';

const SHAPED: LinkOptions = { delay: 10_000, rate: 40_000_000, queueLimit: 100_000 };
/** One after the other, for runs differ by their seed alone. */
const SEEDS = [1, 2, 3, 4, 5];

/** A bench on a virtual clock. */
export interface SimulatedSpec extends BenchSpec {
  readonly measure: (seed: number) => Measurement;
  readonly reference?: { readonly name: string; readonly measure: (seed: number) => Measurement };
}

/** On a virtual clock: what is measured does not depend on the machine. */
export const shapedSpecs: readonly SimulatedSpec[] = [
  {
    name: 'two-shaped-paths',
    title: 'Two paths of 40 Mbit/s and 10 ms each (simulation)',
    unit: 'Mbit/s',
    goal: { of: 'ratio', atLeast: 1.8 },
    measure: (seed) => goodput(seed, [SHAPED, SHAPED]),
    reference: { name: 'one such path', measure: (seed) => goodput(seed, [SHAPED]) },
  },
];

/** How long data stands still when one of two paths dies, in probe timeouts of the path. */
export const pathDeathSpecs: readonly SimulatedSpec[] = [
  {
    name: 'path-death',
    title: 'A path dies in mid-transfer: time until data flows again (simulation)',
    unit: 'PTO',
    goal: { of: 'median', atMost: 3 },
    measure: pathDeath,
  },
];

export async function runSimulated(
  specs: readonly SimulatedSpec[],
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const spec of specs) {
    const seeds = SEEDS.slice(0, effort.runs);
    const measurements = await measureAll(seeds, spec.name, spec.measure, note);
    const { reference } = spec;
    const compared =
      reference === undefined
        ? undefined
        : {
            name: reference.name,
            measurements: await measureAll(seeds, reference.name, reference.measure, note),
          };
    results.push(summarize(spec, measurements, compared));
  }
  return results;
}

async function measureAll(
  seeds: readonly number[],
  name: string,
  measure: (seed: number) => Measurement,
  note: BenchContext['note'],
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const seed of seeds) {
    measurements.push(await noted(note, `${name}, seed ${seed}`, async () => measure(seed))());
  }
  return measurements;
}

function goodput(seed: number, links: readonly LinkOptions[]): Measurement {
  return { value: (new DownloadScene(seed, links).goodput() * 8) / 1e6 };
}

/** The first path dies for odd seeds, the second for even ones. */
function pathDeath(seed: number): Measurement {
  const scene = new DownloadScene(seed, [SHAPED, SHAPED]);
  scene.simulation.runFor(200_000);
  const { probeTimeout } = scene;
  const wire = scene.wires[(seed + 1) % 2];
  scene.watch();
  wire?.forth.set({ blackhole: true });
  wire?.back.set({ blackhole: true });
  scene.simulation.runFor(1_000_000);
  const { longestSilence } = scene;
  return {
    value: longestSilence / probeTimeout,
    details: { 'silence ms': longestSilence / 1000, 'PTO ms': probeTimeout / 1000 },
  };
}
