import { formatAddress } from '@mpquic/wire';
import type { CommandModule, Options } from 'yargs';
import { printNote } from '../cli/output.ts';
import { pskOptions } from '../cli/psk-option.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { requireInteger } from '../cli/wrong-usage.ts';
import { connectionOptions } from '../hq/connection-options.ts';
import { commandFailure } from '../hq/run-failure.ts';
import { type ServerArguments, startServer } from '../hq/server-run.ts';
import { startWorkers } from '../hq/server-workers.ts';

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
  workers: {
    type: 'number',
    default: 1,
    describe: 'Threads that share the addresses, a connection stays with one; needs the addon',
  },
  'early-data': {
    type: 'boolean',
    default: false,
    describe: 'Accept 0-RTT data of resumed sessions, each ticket once',
  },
  preferred: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'HOST:PORT where clients are asked to move to; one for each address family',
  },
  root: { type: 'string', describe: 'Folder whose files are served' },
} as const satisfies Record<string, Options>;

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
  requireInteger('--workers', given.workers, 1, 64);
  const stop = stopSignal();
  try {
    const server = given.workers > 1 ? await startWorkers(given) : await startServer(given);
    for (const address of server.addresses) printNote(`listening on ${formatAddress(address)}`);
    await stopped(stop.signal);
    await server.stop();
  } catch (error) {
    throw commandFailure(error);
  } finally {
    stop.release();
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
