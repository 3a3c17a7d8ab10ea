import type { SessionOptions } from '@mpquic/endpoint';
import type { QuicVersionName } from '@mpquic/quic';
import { requireInteger } from '../cli/wrong-usage.ts';
import type { EngineName } from './engine.ts';

/** Options of both `mpq quic-server` and `mpq quic-client`. */
export const connectionOptions = {
  alpn: {
    type: 'string',
    demandOption: true,
    describe: 'Application protocol, such as hq-interop',
  },
  engine: {
    choices: ['mpquic', 'ngtcp2-wasm'],
    default: 'mpquic',
    describe: 'QUIC engine; ngtcp2-wasm has one path, version 1, no 0-RTT and no qlog',
  },
  'quic-version': {
    choices: ['v1', 'v2'],
    array: true,
    nargs: 1,
    describe: 'Version of QUIC; several in order of preference',
  },
  cipher: { type: 'string', describe: 'TLS 1.3 cipher suites, separated by colons' },
  group: { type: 'string', describe: 'Key exchange groups, separated by colons' },
  'max-path-id': { type: 'number', describe: 'Highest path ID to announce; 0 for no multipath' },
  'key-update-after': { type: 'number', describe: 'Update keys after so many packets' },
  'max-payload': { type: 'number', describe: 'Octets of UDP payload at most, from 1200 on' },
  keylog: { type: 'string', describe: 'Append TLS secrets to this file' },
  'qlog-dir': { type: 'string', describe: 'Write a qlog file for each connection to this folder' },
} as const;

/** Their values, as yargs gives them. */
export interface ConnectionArguments {
  readonly alpn: string;
  readonly engine: EngineName;
  readonly quicVersion?: readonly QuicVersionName[] | undefined;
  readonly cipher?: string | undefined;
  readonly group?: string | undefined;
  readonly maxPathId?: number | undefined;
  readonly keyUpdateAfter?: number | undefined;
  readonly maxPayload?: number | undefined;
  readonly keylog?: string | undefined;
  readonly qlogDir?: string | undefined;
}

/** @throws {CommandFailure} wrong usage */
export function sessionOptions(given: ConnectionArguments): SessionOptions {
  const { maxPathId, keyUpdateAfter, maxPayload } = given;
  requireInteger('--max-path-id', maxPathId, 0, 2 ** 32 - 1);
  requireInteger('--key-update-after', keyUpdateAfter, 1, Number.MAX_SAFE_INTEGER);
  requireInteger('--max-payload', maxPayload, 1200, 65_527);
  return {
    alpn: given.alpn,
    versions: given.quicVersion,
    ciphers: given.cipher,
    groups: given.group,
    multipath: maxPathId !== 0,
    ...(maxPathId === undefined ? {} : { transportParams: { initialMaxPathId: maxPathId } }),
    keyUpdateAfterPackets: keyUpdateAfter,
    maxPayloadSize: maxPayload,
    keylog: given.keylog !== undefined,
  };
}
