import type { BenchContext } from './effort.ts';
import { bulkSpecs, runBulk } from './families/bulk.ts';
import { describeMachine, type Machine } from './machine.ts';
import type { BenchResult, BenchSpec } from './result.ts';

/** Benches that are measured in turns, because they share a reference. */
interface BenchFamily {
  readonly specs: readonly BenchSpec[];
  readonly run: (names: ReadonlySet<string>, context: BenchContext) => Promise<BenchResult[]>;
}

function family<Spec extends BenchSpec>(
  specs: readonly Spec[],
  run: (specs: readonly Spec[], context: BenchContext) => Promise<BenchResult[]>,
): BenchFamily {
  return {
    specs,
    run: (names, context) =>
      run(
        specs.filter(({ name }) => names.has(name)),
        context,
      ),
  };
}

const families: readonly BenchFamily[] = [family(bulkSpecs, runBulk)];

/** Every bench, in the order of the report. */
export const benchSpecs: readonly BenchSpec[] = families.flatMap(({ specs }) => specs);

/** What `mpq bench --json` prints. */
export interface BenchDocument {
  readonly machine: Machine;
  readonly results: readonly BenchResult[];
}

/** Runs the benches of these names, or all. */
export async function runBenches(
  names: readonly string[],
  context: BenchContext,
): Promise<BenchDocument> {
  const wanted = new Set(names.length === 0 ? benchSpecs.map(({ name }) => name) : names);
  const results: BenchResult[] = [];
  for (const { specs, run } of families) {
    if (specs.some(({ name }) => wanted.has(name))) results.push(...(await run(wanted, context)));
  }
  return { machine: describeMachine(), results };
}
