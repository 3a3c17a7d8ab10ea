/** What a program has done since it started. */
export interface Progress {
  /** Octets of application data. */
  readonly bytes: number;
  /** Datagrams with such data, or exchanges. */
  readonly packets: number;
  /** Anything else worth a column. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** One side of a measurement, which runs in a process of its own and ends with it. */
export interface BenchProgram {
  /** What the other side or the bench must know, such as addresses. Plain data. */
  readonly facts: Readonly<Record<string, unknown>>;
  progress(): Progress;
  /** Does what only the bench can time, and gives plain data. */
  readonly command?: (name: string, argument: unknown) => Promise<unknown>;
}

/** Settings are plain data. */
export type StartProgram<Settings> = (settings: Settings) => Promise<BenchProgram>;

/** {@link Progress} with what the process has used so far. */
export interface Sample extends Progress {
  /** Of this process's own clock. */
  readonly milliseconds: number;
  /** User and system time of all threads. */
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
}

export type Request =
  | { readonly type: 'start'; readonly program: string; readonly settings: unknown }
  | { readonly type: 'sample' }
  | { readonly type: 'command'; readonly name: string; readonly argument: unknown }
  | { readonly type: 'collect' }
  | {
      readonly type: 'allocations';
      readonly milliseconds: number;
      readonly samplingInterval: number;
    };

/** The answer to each request. */
export type Response =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };
