import type { DataPathName } from '../data-path.ts';
import type { BenchSpec, Measurement } from '../result.ts';

/** A bench that runs over one of the data paths. */
export interface DataPathSpec extends BenchSpec {
  readonly dataPath: DataPathName;
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
