import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { createWorkerPlaces } from '@mpquic/endpoint';
import { type Address, formatAddress } from '@mpquic/wire';
import { CommandFailure } from '../cli/failure.ts';
import type { RunningServer, ServerArguments } from './server-run.ts';
import type { ThreadData, ThreadReport } from './server-thread.ts';

/**
 * Serves the same addresses in `given.workers` threads. A connection stays with one of them: each names itself in
 * its connection IDs, and datagrams follow those. @throws {CommandFailure}
 */
export async function startWorkers(given: ServerArguments): Promise<RunningServer> {
  const places = createWorkerPlaces(given.workers, randomBytes(32));
  const threads: ServerThread[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(threads.map((thread) => thread.stop()));
  };
  let { listen } = given;
  let addresses: readonly Address[] = [];
  try {
    // One after the other: the system numbers the sockets of an address as they are bound.
    for (const place of places) {
      const thread = new ServerThread({ given: { ...given, listen }, place });
      threads.push(thread);
      addresses = await thread.listening;
      listen = addresses.map(formatAddress);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { addresses, stop };
}

class ServerThread {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  /** Where it listens. Rejects with a {@link CommandFailure}. */
  readonly listening: Promise<readonly Address[]>;

  constructor(data: ThreadData) {
    const { ports } = data.place;
    this.#worker = new Worker(new URL('./server-thread.js', import.meta.url), {
      workerData: data,
      transferList: [...ports],
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.listening = new Promise((resolve, reject) => {
      this.#worker.once('message', (report: ThreadReport) => {
        if ('addresses' in report) resolve(report.addresses);
        else reject(new CommandFailure(report.status, report.problem));
      });
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => reject(CommandFailure.failed('a worker ended early')));
    });
  }

  async stop(): Promise<void> {
    this.#worker.postMessage('stop');
    await this.#exited;
  }
}
