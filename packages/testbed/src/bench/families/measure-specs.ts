import { type DataPathName, whyNot } from '../data-path.ts';
import { alternate, type BenchContext } from '../effort.ts';
import {
  type BenchResult,
  type BenchSpec,
  type Measurement,
  summarize,
  unavailable,
} from '../result.ts';

/** A bench that runs over one of the data paths. */
export interface DataPathSpec extends BenchSpec {
  readonly dataPath: DataPathName;
}

/** How to measure what specs of one family name, and their reference. */
export interface Measures<Spec extends BenchSpec> {
  readonly ours: (spec: Spec) => Promise<Measurement>;
  readonly reference: { readonly name: string; readonly measure: () => Promise<Measurement> };
}

/** Measures `specs` and one reference for all of them in turns; those whose data path is missing get the reason. */
export async function measureSpecs<Spec extends DataPathSpec>(
  specs: readonly Spec[],
  { ours, reference }: Measures<Spec>,
  { effort, note }: BenchContext,
): Promise<BenchResult[]> {
  const measure: Record<string, () => Promise<Measurement>> = {};
  for (const spec of specs) {
    if (whyNot(spec.dataPath) === undefined) {
      measure[spec.name] = noted(note, spec.name, () => ours(spec));
    }
  }
  const any = Object.keys(measure).length > 0;
  if (any) measure[reference.name] = noted(note, reference.name, reference.measure);
  const values = await alternate(effort.runs, measure);
  return specs.map((spec) => {
    const reason = whyNot(spec.dataPath);
    if (reason !== undefined) return unavailable(spec, reason);
    const measurements = values[reference.name] ?? [];
    return summarize(spec, values[spec.name] ?? [], { name: reference.name, measurements });
  });
}

/** Says what each measurement came to. */
export function noted(
  note: (text: string) => void,
  name: string,
  measure: () => Promise<Measurement>,
): () => Promise<Measurement> {
  return async () => {
    const { value, details = {} } = await measure();
    const beside = Object.entries(details).map(([key, figure]) => `${key} ${show(figure)}`);
    note(`${name}: ${show(value)}${beside.length === 0 ? '' : ` (${beside.join(', ')})`}`);
    return { value, details };
  };
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
