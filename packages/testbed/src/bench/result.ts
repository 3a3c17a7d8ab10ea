/** What a figure is compared with, measured in the same run. */
export interface BenchReference {
  readonly name: string;
  /** In the unit of the result. */
  readonly median: number;
}

/** What the project aims at: a bound of the ratio, or of the median where there is no reference. */
export interface BenchGoal {
  readonly of: 'ratio' | 'median';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One row of `mpq bench --json`. Figures are null where nothing could be measured. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  /** How many measurements the figures come from. */
  readonly runs: number;
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly reference: BenchReference | null;
  /** Median divided by the reference's median. */
  readonly ratio: number | null;
  readonly goal: BenchGoal | null;
  readonly goalMet: boolean | null;
  /** Medians of what was measured beside it, by name with unit. */
  readonly details: Readonly<Record<string, number>>;
  /** Why nothing was measured; null where something was. */
  readonly unavailable: string | null;
}

/** What a bench is, before it is run. */
export interface BenchSpec {
  readonly name: string;
  readonly unit: string;
  readonly title: string;
  readonly goal?: BenchGoal;
}

/** One measurement, and what was seen beside it. */
export interface Measurement {
  readonly value: number;
  readonly details?: Readonly<Record<string, number>>;
}

/** The middle value; the mean of the two in the middle where their number is even. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The row of measurements; `reference` are those of the other, taken in turns with them. */
export function summarize(
  spec: BenchSpec,
  measurements: readonly Measurement[],
  reference?: { readonly name: string; readonly measurements: readonly Measurement[] },
  extra: Readonly<Record<string, number>> = {},
): BenchResult {
  const values = measurements.map(({ value }) => value);
  const middle = median(values);
  const compared =
    reference === undefined
      ? null
      : { name: reference.name, median: median(reference.measurements.map(({ value }) => value)) };
  const ratio = compared === null ? null : middle / compared.median;
  return {
    name: spec.name,
    unit: spec.unit,
    runs: values.length,
    median: rounded(middle),
    min: rounded(Math.min(...values)),
    max: rounded(Math.max(...values)),
    reference: compared === null ? null : { ...compared, median: rounded(compared.median) },
    ratio: ratio === null ? null : rounded(ratio),
    goal: spec.goal ?? null,
    goalMet: meetsGoal(spec.goal, middle, ratio),
    details: onlyFigures({
      ...mediansOf(measurements),
      ...prefixed('reference: ', mediansOf(reference?.measurements ?? [])),
      ...extra,
    }),
    unavailable: null,
  };
}

/** How the reason of a bench begins that ended with an error. */
export const FAILED = 'failed: ';

/** The row of a bench that this machine cannot run. */
export function unavailable(spec: BenchSpec, reason: string): BenchResult {
  return {
    name: spec.name,
    unit: spec.unit,
    runs: 0,
    median: null,
    min: null,
    max: null,
    reference: null,
    ratio: null,
    goal: spec.goal ?? null,
    goalMet: null,
    details: {},
    unavailable: reason,
  };
}

function meetsGoal(
  goal: BenchGoal | undefined,
  middle: number,
  ratio: number | null,
): boolean | null {
  if (goal === undefined) return null;
  const figure = goal.of === 'ratio' ? ratio : middle;
  if (figure === null) return null;
  return figure >= (goal.atLeast ?? -Infinity) && figure <= (goal.atMost ?? Infinity);
}

function mediansOf(measurements: readonly Measurement[]): Record<string, number> {
  const names = new Set(measurements.flatMap(({ details }) => Object.keys(details ?? {})));
  const medians: Record<string, number> = {};
  for (const name of names) {
    const values = measurements.map(({ details }) => details?.[name] ?? Number.NaN);
    medians[name] = rounded(median(values.filter((value) => !Number.isNaN(value))));
  }
  return medians;
}

/** Without those that a measurement of no packet at all cannot have. */
function onlyFigures(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}

function prefixed(
  prefix: string,
  figures: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [prefix + name, value]));
}

/** Four significant digits: more would pretend a precision that no such measurement has. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
