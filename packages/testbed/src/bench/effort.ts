/** How long and how often a bench measures. */
export interface Effort {
  /** Measurements of each figure, taken in turns with those of the reference. */
  readonly runs: number;
  /** Milliseconds of one measurement, where it is one of time. */
  readonly duration: number;
  /** Milliseconds before it. */
  readonly warmUp: number;
  /** Packets before it, within a few times that long: code that has run often enough to be compiled. */
  readonly warmUpPackets: number;
  /** Connections or sessions where their number is the name of the bench; smaller only in tests. */
  readonly population: number;
}

export const FULL_EFFORT: Effort = {
  runs: 5,
  duration: 2000,
  warmUp: 500,
  warmUpPackets: 1_500_000,
  population: 10_000,
};

/** What a bench may use while it runs. */
export interface BenchContext {
  readonly effort: Effort;
  /** Tells a person what goes on. */
  readonly note: (text: string) => void;
}

/** Runs every measurement in turn, `runs` times, so that what disturbs the machine disturbs all alike. */
export async function alternate<Name extends string, Value>(
  runs: number,
  measure: Readonly<Record<Name, () => Promise<Value>>>,
): Promise<Readonly<Record<Name, readonly Value[]>>> {
  const names = Object.keys(measure) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<
    Name,
    Value[]
  >;
  for (let run = 0; run < runs; run++) {
    for (const name of names) values[name].push(await measure[name]());
  }
  return values;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
