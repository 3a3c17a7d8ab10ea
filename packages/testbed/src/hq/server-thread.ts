/** The entry of one thread of `mpq quic-server --workers N`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerPlace } from '@mpquic/endpoint';
import type { Address } from '@mpquic/wire';
import { commandFailure } from './run-failure.ts';
import { type ServerArguments, startServer } from './server-run.ts';

export interface ThreadData {
  readonly given: ServerArguments;
  readonly place: WorkerPlace;
}

/** What the thread says once. */
export type ThreadReport =
  | { readonly addresses: readonly Address[] }
  | { readonly status: 1 | 2; readonly problem: string };

async function run(port: NonNullable<typeof parentPort>): Promise<void> {
  const { given, place } = workerData as ThreadData;
  try {
    const server = await startServer(given, place);
    port.once('message', () => void server.stop().finally(() => port.close()));
    port.postMessage({ addresses: server.addresses } satisfies ThreadReport);
  } catch (error) {
    const { status, message } = commandFailure(error);
    const report: ThreadReport = { status: status === 2 ? 2 : 1, problem: message };
    port.postMessage(report);
    port.close();
  }
}

if (parentPort !== null) await run(parentPort);
