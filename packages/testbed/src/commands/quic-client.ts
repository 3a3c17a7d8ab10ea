import { QlogFolder } from '@mpquic/endpoint';
import type { PskMode } from '@mpquic/tls';
import { wipe } from '@mpquic/wire';
import type { CommandModule, Options } from 'yargs';
import { CommandFailure, ExitStatus } from '../cli/failure.ts';
import { printJson, printLines, printNote } from '../cli/output.ts';
import { pskOptions, readPsks } from '../cli/psk-option.ts';
import { openKeyLog } from '../cli/secret-file.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { requireInteger } from '../cli/wrong-usage.ts';
import { readTrust } from '../hq/certificate-files.ts';
import { type ClientReport, describeReport } from '../hq/client-report.ts';
import { type MigrationTime, type PathCloseTime, runClient } from '../hq/client-run.ts';
import {
  type ConnectionArguments,
  connectionOptions,
  sessionOptions,
} from '../hq/connection-options.ts';
import { commandFailure } from '../hq/run-failure.ts';
import { sessionFile } from '../hq/session-file.ts';

const options = {
  ...pskOptions,
  'psk-mode': { choices: ['raw', 'imported'], default: 'raw', describe: 'How the PSK is used' },
  ca: { type: 'string', describe: 'Certificates to trust, PEM' },
  insecure: { type: 'boolean', describe: 'Trust any certificate' },
  session: {
    type: 'string',
    describe: 'File of a session ticket: resumed where it is there, then replaced',
  },
  'early-data': {
    type: 'boolean',
    default: false,
    describe: 'Send requests as 0-RTT data where --session allows it',
  },
  'server-name': { type: 'string', describe: 'Name of the server (SNI)' },
  local: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Local address (HOST or HOST:PORT); each one is a path',
  },
  remote: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'HOST:PORT of the paths, in the order of --local',
  },
  get: { type: 'string', array: true, nargs: 1, describe: 'Path to download' },
  download: { type: 'string', describe: 'Folder for what is downloaded' },
  ...connectionOptions,
  'close-path': {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'ID@MS: abandon a path while downloading',
  },
  migrate: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'HOST@MS: move path 0 to this local address while downloading',
  },
  timeout: { type: 'number', describe: 'Milliseconds for the whole run' },
  json: { type: 'boolean', default: false, describe: 'Print one JSON document' },
} as const satisfies Record<string, Options>;

interface ClientArguments extends ConnectionArguments {
  readonly server: string;
  readonly psk?: readonly string[];
  readonly pskHexId?: readonly string[];
  readonly pskMode: PskMode;
  readonly ca?: string;
  readonly insecure?: boolean;
  readonly serverName?: string;
  readonly session?: string;
  readonly earlyData: boolean;
  readonly local?: readonly string[];
  readonly remote?: readonly string[];
  readonly get?: readonly string[];
  readonly download?: string;
  readonly closePath?: readonly string[];
  readonly migrate?: readonly string[];
  readonly timeout?: number;
  readonly json: boolean;
}

/** `mpq quic-client` */
export const quicClientCommand: CommandModule = {
  command: 'quic-client <server>',
  describe: 'A multipath QUIC client: handshake, paths, downloads, one report',
  builder: (parser) =>
    parser
      .positional('server', { type: 'string', demandOption: true, describe: 'HOST:PORT' })
      .options(options)
      .example(
        'mpq quic-client 127.0.0.1:4433 --alpn hq-interop --psk ue-1=00112233445566778899aabbccddeeff --local 127.0.0.1 --local 127.0.0.2 --get /10000000',
        'downloads ten million octets over two paths',
      ),
  handler: (given) => run(given as unknown as ClientArguments),
};

async function run(given: ClientArguments): Promise<void> {
  const closePaths = (given.closePath ?? []).map(readClosePath);
  const migrations = (given.migrate ?? []).map(readMigration);
  requireInteger('--timeout', given.timeout, 1, 2 ** 31 - 1);
  const psks = readPsks(given.psk ?? [], given.pskHexId ?? [], given.pskMode);
  const trust = await readTrust(given.ca, given.insecure === true);
  if (psks.length === 0 && trust === undefined) {
    throw CommandFailure.usage('name a PSK (--psk ID=HEX), or whom to trust (--ca, --insecure)');
  }
  const session = sessionOptions(given);
  const stop = stopSignal();
  const signals = [stop.signal];
  if (given.timeout !== undefined) signals.push(AbortSignal.timeout(given.timeout));
  const keyLog = given.keylog === undefined ? undefined : openKeyLog(given.keylog);
  const qlog = given.qlogDir === undefined ? undefined : new QlogFolder(given.qlogDir);
  let report: ClientReport;
  try {
    report = await runClient({
      server: given.server,
      session: {
        ...session,
        servername: given.serverName ?? (trust === undefined ? undefined : hostOf(given.server)),
        psk: psks,
        trust,
        ...sessionFile(given.session),
        earlyData: given.earlyData,
        observer: qlog?.observer,
      },
      engine: given.engine,
      keyLog: keyLog?.write,
      locals: given.local ?? [],
      remotes: given.remote ?? [],
      requests: given.get ?? [],
      folder: given.download,
      closePaths,
      migrations,
      signal: AbortSignal.any(signals),
    });
  } catch (error) {
    throw commandFailure(error);
  } finally {
    wipe(...psks.map(({ key }) => key));
    keyLog?.close();
    qlog?.close();
    stop.release();
  }
  if (given.json) printJson(report);
  else printLines(describeReport(report));
  if (report.error !== null) printNote(`mpq: ${report.error}`);
  if (!report.ok) process.exitCode = ExitStatus.failed;
}

/** The host of `HOST:PORT`, whose certificate the server must show. */
function hostOf(server: string): string {
  return server.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function readClosePath(text: string): PathCloseTime {
  const match = /^(?<pathId>\d{1,9})@(?<ms>\d{1,9})$/.exec(text);
  if (match === null) throw CommandFailure.usage(`--close-path has the form ID@MS, not "${text}"`);
  return { pathId: Number(match.groups?.['pathId']), ms: Number(match.groups?.['ms']) };
}

function readMigration(text: string): MigrationTime {
  const match = /^(?<local>.+)@(?<ms>\d{1,9})$/.exec(text);
  if (match === null) throw CommandFailure.usage(`--migrate has the form HOST@MS, not "${text}"`);
  return { local: match.groups?.['local'] ?? '', ms: Number(match.groups?.['ms']) };
}
