import { type DataPathName, whyNot } from '../data-path.ts';
import { alternate, type BenchContext } from '../effort.ts';
import { type BenchResult, type Measurement, summarize, unavailable } from '../result.ts';
import { type DataPathSpec, noted } from './measure-specs.ts';

const REFERENCE = 'the same over node:dgram and node:crypto';

/** Measures the first of `specs`, in turns with the same over the fallback. */
export async function besideFallback(
  [spec]: readonly DataPathSpec[],
  { effort, note }: BenchContext,
  measure: (dataPath: DataPathName) => Promise<Measurement>,
): Promise<BenchResult[]> {
  if (spec === undefined) return [];
  const reason = whyNot(spec.dataPath);
  if (reason !== undefined) return [unavailable(spec, reason)];
  const values = await alternate(effort.runs, {
    ours: noted(note, spec.name, () => measure(spec.dataPath)),
    reference: noted(note, REFERENCE, () => measure('fallback')),
  });
  return [summarize(spec, values.ours, { name: REFERENCE, measurements: values.reference })];
}
