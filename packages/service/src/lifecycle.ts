import type { Logger } from 'pino';
import { describeFailure, ServiceFailure } from './failure.ts';

/** Ends one part of a process; keys are wiped here. */
export type Stop = () => void | Promise<void>;

interface Part {
  readonly name: string;
  readonly stop: Stop;
}

/**
 * The parts of a running process in the order in which they were started. They are stopped in the
 * reverse order, each within a deadline, and one that fails to stop does not keep the others running.
 */
export class Lifecycle {
  readonly #parts: Part[] = [];
  readonly #logger: Logger;
  readonly #deadlineMs: number;
  #stopping: Promise<void> | undefined;

  constructor(logger: Logger, deadlineMs = 5_000) {
    this.#logger = logger;
    this.#deadlineMs = deadlineMs;
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /**
   * Starts a part. What was started before is stopped by the caller's {@link stop}, so that a failure
   * leaves nothing half started.
   * @throws {ServiceFailure} one line naming the part
   */
  async start<T>(
    name: string,
    start: () => T | Promise<T>,
    stop: (part: T) => void | Promise<void>,
  ): Promise<T> {
    this.#refuseWhileStopping(name);
    let part: T;
    try {
      part = await start();
    } catch (error) {
      if (error instanceof ServiceFailure) throw error;
      throw new ServiceFailure(1, `${name}: ${describeFailure(error)}`, { cause: error });
    }
    this.onStop(name, () => stop(part));
    if (this.stopping) {
      // A signal came while it started: the loop that stops the parts may be over already.
      await this.#stopParts();
      this.#refuseWhileStopping(name);
    }
    return part;
  }

  /** Registers what is to be done on stop, before what was registered earlier. */
  onStop(name: string, stop: Stop): void {
    this.#parts.push({ name, stop });
  }

  /** Stops everything, once; later calls wait for the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopParts();
    return this.#stopping;
  }

  #refuseWhileStopping(name: string): void {
    if (this.stopping) throw new ServiceFailure(1, `${name}: not started, because of a signal`);
  }

  async #stopParts(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await withDeadline(Promise.resolve(part.stop()), this.#deadlineMs);
        this.#logger.debug({ part: part.name }, 'stopped');
      } catch (error) {
        this.#logger.warn(
          { part: part.name, reason: describeFailure(error) },
          'did not stop cleanly',
        );
      }
    }
  }
}

/** What {@link runService} runs. */
export interface Service {
  readonly logger: Logger;
  /** Starts the parts; returns when the process serves. A promise in `finished` ends the process by itself. */
  start(lifecycle: Lifecycle): Promise<{ readonly finished?: Promise<void> } | undefined>;
}

/**
 * Runs a process until SIGINT or SIGTERM, or until it is finished, and stops its parts in order.
 * A second signal ends it at once. Returns when all is stopped.
 * @throws {ServiceFailure} when a part does not start; all earlier parts are stopped by then
 */
export async function runService(service: Service): Promise<void> {
  const lifecycle = new Lifecycle(service.logger);
  const signal = nextSignal();
  try {
    const outcome = await Promise.race([service.start(lifecycle), signal.received]);
    if (typeof outcome !== 'string') {
      const finished = outcome?.finished ?? new Promise<void>(() => undefined);
      await Promise.race([finished, signal.received]);
    }
  } finally {
    await lifecycle.stop();
    signal.dispose();
  }
}

interface SignalWait {
  readonly received: Promise<string>;
  dispose(): void;
}

function nextSignal(): SignalWait {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  let count = 0;
  let resolve: (signal: string) => void = () => undefined;
  const received = new Promise<string>((done) => {
    resolve = done;
  });
  const listener = (signal: string): void => {
    count += 1;
    if (count > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
    resolve(signal);
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    received,
    dispose() {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}

async function withDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not stopped after ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
