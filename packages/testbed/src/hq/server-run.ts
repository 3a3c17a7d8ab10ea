import {
  listen,
  QlogFolder,
  type QuicEndpoint,
  type QuicSession,
  type WorkerPlace,
} from '@mpquic/endpoint';
import { FileRoot, serveRequest } from '@mpquic/hq';
import type { Address } from '@mpquic/wire';
import { CommandFailure } from '../cli/failure.ts';
import { cannotRead } from '../cli/given-file.ts';
import { printNote } from '../cli/output.ts';
import { showIdentity } from '../cli/psk-option.ts';
import { openKeyLog } from '../cli/secret-file.ts';
import { BothModesPskStore } from './both-modes-psk-store.ts';
import { readCertificate } from './certificate-files.ts';
import { type ConnectionArguments, sessionOptions } from './connection-options.ts';
import { engineOptions } from './engine.ts';

/** Options of `mpq quic-server`, as yargs gives them. */
export interface ServerArguments extends ConnectionArguments {
  readonly listen: readonly string[];
  readonly workers: number;
  readonly psk?: readonly string[];
  readonly pskHexId?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly retry: boolean;
  readonly earlyData: boolean;
  readonly preferred?: readonly string[];
  readonly root?: string;
}

export interface RunningServer {
  readonly addresses: readonly Address[];
  /** Ends every session and releases the sockets. */
  stop(): Promise<void>;
}

/** Listens and answers downloads, alone or at its place among the workers. */
export async function startServer(
  given: ServerArguments,
  worker?: WorkerPlace,
): Promise<RunningServer> {
  const store = new BothModesPskStore();
  const keyLog = given.keylog === undefined ? undefined : openKeyLog(given.keylog);
  const qlog = given.qlogDir === undefined ? undefined : new QlogFolder(given.qlogDir);
  const release = (): void => {
    store.clear();
    keyLog?.close();
    qlog?.close();
  };
  try {
    store.addAll(given.psk ?? [], given.pskHexId ?? []);
    const certificate = await readCertificate(given.cert, given.key);
    if (store.size === 0 && certificate === undefined) {
      throw CommandFailure.usage('name a PSK (--psk ID=HEX), or a certificate (--cert, --key)');
    }
    const root = given.root === undefined ? undefined : await openRoot(given.root);
    const endpoint = await listen((session) => serveSession(session, root), {
      ...sessionOptions(given),
      psk: store,
      certificate,
      earlyData: given.earlyData,
      preferredAddress: {
        ipv4: given.preferred?.find((address) => !address.startsWith('[')),
        ipv6: given.preferred?.find((address) => address.startsWith('[')),
      },
      observer: qlog?.observer,
      endpoint: {
        addresses: given.listen,
        validateAddress: given.retry,
        keyLog: keyLog?.write,
        worker,
        ...engineOptions(given.engine),
      },
    });
    return { addresses: endpoint.addresses, stop: () => stopServing(endpoint).finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}

async function stopServing(endpoint: QuicEndpoint): Promise<void> {
  for (const session of endpoint.sessions) session.destroy();
  await endpoint.close();
}

async function openRoot(folder: string): Promise<FileRoot> {
  try {
    return await FileRoot.open(folder);
  } catch (error) {
    throw cannotRead(`--root ${folder}`, error);
  }
}

function serveSession(session: QuicSession, root: FileRoot | undefined): void {
  session.onstream = async (stream) => {
    const { path, bytes, error } = await serveRequest(stream, root);
    const problem = error === undefined ? '' : `, then ${error.message}`;
    const outcome = `${bytes} octets${problem}`;
    printNote(`${path ?? 'request'}: ${outcome}`);
  };
  session.onhandshake = ({ remote, psk, cipher, group, multipath }) => {
    const who = psk === undefined ? 'without PSK' : `PSK ${showIdentity(psk.identity)}`;
    const paths = multipath ? 'multipath' : 'one path';
    printNote(
      `session from ${remote.address}:${remote.port}: ${who}, ${cipher}, ${group}, ${paths}`,
    );
  };
  session.closed.then(
    () => printNote('session closed'),
    (error: Error) => printNote(`session ended: ${error.message}`),
  );
}
