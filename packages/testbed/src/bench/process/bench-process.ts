import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Allocation, SamplingInterval } from './allocations.ts';
import type { Request, Response, Sample } from './program.ts';

const MAIN = fileURLToPath(new URL('./process-main.js', import.meta.url));
const ANSWER_LIMIT_MS = 120_000;

/** A program in a process of its own, so that the two sides of a measurement share nothing but the machine. */
export class BenchProcess {
  readonly #child: ChildProcess;
  readonly #errors: string[] = [];
  #facts: Readonly<Record<string, unknown>> = {};

  private constructor(execArgv: readonly string[]) {
    this.#child = fork(MAIN, [], {
      execArgv: [...execArgv],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors.push(text);
      if (this.#errors.length > 50) this.#errors.shift();
    });
  }

  /** Starts the program and waits until it is ready. */
  static async start(
    program: string,
    settings: unknown,
    execArgv: readonly string[] = [],
  ): Promise<BenchProcess> {
    const process = new BenchProcess(execArgv);
    try {
      const facts = await process.#ask({ type: 'start', program, settings });
      process.#facts = facts as Readonly<Record<string, unknown>>;
      return process;
    } catch (error) {
      process.kill();
      throw error;
    }
  }

  /** What the program told of itself. */
  get facts(): Readonly<Record<string, unknown>> {
    return this.#facts;
  }

  async sample(): Promise<Sample> {
    return (await this.#ask({ type: 'sample' })) as Sample;
  }

  command(name: string, argument?: unknown): Promise<unknown> {
    return this.#ask({ type: 'command', name, argument: argument ?? null });
  }

  /** What its JavaScript allocates in so many milliseconds, largest first. */
  async allocations(
    milliseconds: number,
    samplingInterval: number = SamplingInterval.ordinary,
  ): Promise<readonly Allocation[]> {
    const request = { type: 'allocations', milliseconds, samplingInterval } as const;
    return (await this.#ask(request)) as readonly Allocation[];
  }

  /** Collects garbage, so that what is resident is in use. Only with `--expose-gc`. */
  async collectGarbage(): Promise<void> {
    await this.#ask({ type: 'collect' });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** One request at a time. */
  #ask(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const finish = (settle: () => void): void => {
        clearTimeout(limit);
        child.off('message', answered);
        child.off('exit', exited);
        settle();
      };
      const answered = (response: Response): void =>
        finish(() => (response.ok ? resolve(response.value) : reject(new Error(response.error))));
      const exited = (): void => finish(() => reject(this.#failure('ended')));
      const limit = setTimeout(
        () => finish(() => reject(this.#failure('does not answer'))),
        ANSWER_LIMIT_MS,
      );
      child.on('message', answered);
      child.on('exit', exited);
      if (child.connected) child.send(request);
      else exited();
    });
  }

  #failure(what: string): Error {
    const last = this.#errors.join('').trim().split('\n').slice(-3).join(' | ');
    return new Error(`a process of the bench ${what}${last === '' ? '' : `: ${last}`}`);
  }
}

/** Starts a process of one measurement. */
export type StartProcess = (
  program: string,
  settings: unknown,
  execArgv?: readonly string[],
) => Promise<BenchProcess>;

/** Measures with processes, none of which outlives the measurement. */
export async function withProcesses<Result>(
  measure: (start: StartProcess) => Promise<Result>,
): Promise<Result> {
  const processes: BenchProcess[] = [];
  try {
    return await measure(async (program, settings, execArgv) => {
      const process = await BenchProcess.start(program, settings, execArgv);
      processes.push(process);
      return process;
    });
  } finally {
    for (const process of processes) process.kill();
  }
}
