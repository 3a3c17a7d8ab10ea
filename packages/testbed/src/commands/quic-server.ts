import { listen, QlogFolder, type QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { FileRoot, serveRequest } from '@mpquic/hq';
import { formatAddress } from '@mpquic/wire';
import type { CommandModule, Options } from 'yargs';
import { CommandFailure } from '../cli/failure.ts';
import { printNote } from '../cli/output.ts';
import { pskOptions, showIdentity } from '../cli/psk-option.ts';
import { openKeyLog } from '../cli/secret-file.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { BothModesPskStore } from '../hq/both-modes-psk-store.ts';
import { readCertificate } from '../hq/certificate-files.ts';
import {
  type ConnectionArguments,
  connectionOptions,
  sessionOptions,
} from '../hq/connection-options.ts';
import { commandFailure } from '../hq/run-failure.ts';

const options = {
  listen: {
    type: 'string',
    array: true,
    nargs: 1,
    demandOption: true,
    describe: 'HOST:PORT to listen on; several for several paths',
  },
  ...pskOptions,
  ...connectionOptions,
  cert: { type: 'string', describe: 'Certificate chain, PEM' },
  key: { type: 'string', describe: 'Private key of the certificate, PEM' },
  retry: { type: 'boolean', default: false, describe: 'Validate the address of every client' },
  root: { type: 'string', describe: 'Folder whose files are served' },
} as const satisfies Record<string, Options>;

interface ServerArguments extends ConnectionArguments {
  readonly listen: readonly string[];
  readonly psk?: readonly string[];
  readonly pskHexId?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly retry: boolean;
  readonly root?: string;
}

/** `mpq quic-server` */
export const quicServerCommand: CommandModule = {
  command: 'quic-server',
  describe: 'A multipath QUIC server for hq-interop downloads',
  builder: (parser) =>
    parser
      .options(options)
      .example(
        'mpq quic-server --listen 127.0.0.1:4433 --alpn hq-interop --psk ue-1=00112233445566778899aabbccddeeff',
        'answers `GET /N` with N octets',
      ),
  handler: (given) => runServer(given as unknown as ServerArguments),
};

async function runServer(given: ServerArguments): Promise<void> {
  const stop = stopSignal();
  const store = new BothModesPskStore();
  const keyLog = given.keylog === undefined ? undefined : openKeyLog(given.keylog);
  const qlog = given.qlogDir === undefined ? undefined : new QlogFolder(given.qlogDir);
  let endpoint: QuicEndpoint | undefined;
  try {
    store.addAll(given.psk ?? [], given.pskHexId ?? []);
    const certificate = await readCertificate(given.cert, given.key);
    if (store.size === 0 && certificate === undefined) {
      throw CommandFailure.usage('name a PSK (--psk ID=HEX), or a certificate (--cert, --key)');
    }
    const root = given.root === undefined ? undefined : await FileRoot.open(given.root);
    endpoint = await listen((session) => serveSession(session, root), {
      ...sessionOptions(given),
      psk: store,
      certificate,
      observer: qlog?.observer,
      endpoint: {
        addresses: given.listen,
        validateAddress: given.retry,
        keyLog: keyLog?.write,
      },
    });
    for (const address of endpoint.addresses) printNote(`listening on ${formatAddress(address)}`);
    await stopped(stop.signal);
    for (const session of endpoint.sessions) session.destroy();
    await endpoint.close();
  } catch (error) {
    endpoint?.destroy();
    throw commandFailure(error);
  } finally {
    store.clear();
    keyLog?.close();
    qlog?.close();
    stop.release();
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

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
