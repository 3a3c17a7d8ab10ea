import { fromHex } from '@mpquic/wire';
import type { PacketType } from './packet-header.ts';

export type QuicVersionName = 'v1' | 'v2';

/** What differs between versions of QUIC that share their frames. RFC 9001, RFC 9369 §3 */
export interface QuicVersion {
  readonly number: number;
  readonly name: QuicVersionName;
  /** The two type bits of long headers. */
  readonly longTypes: readonly [PacketType, PacketType, PacketType, PacketType];
  readonly initialSalt: Uint8Array;
  readonly labels: {
    readonly key: string;
    readonly iv: string;
    readonly headerProtection: string;
    readonly keyUpdate: string;
  };
  readonly retryKey: Uint8Array;
  readonly retryNonce: Uint8Array;
}

/** RFC 9000 §15 */
export const QUIC_V1: QuicVersion = {
  number: 0x0000_0001,
  name: 'v1',
  longTypes: ['initial', 'early', 'handshake', 'retry'],
  initialSalt: fromHex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'),
  labels: {
    key: 'quic key',
    iv: 'quic iv',
    headerProtection: 'quic hp',
    keyUpdate: 'quic ku',
  },
  retryKey: fromHex('be0c690b9f66575a1d766b54e368c84e'),
  retryNonce: fromHex('461599d35d632bf2239825bb'),
};

/** RFC 9369 §3 */
export const QUIC_V2: QuicVersion = {
  number: 0x6b33_43cf,
  name: 'v2',
  longTypes: ['retry', 'initial', 'early', 'handshake'],
  initialSalt: fromHex('0dede3def700a6db819381be6e269dcbf9bd2ed9'),
  labels: {
    key: 'quicv2 key',
    iv: 'quicv2 iv',
    headerProtection: 'quicv2 hp',
    keyUpdate: 'quicv2 ku',
  },
  retryKey: fromHex('8fb4b01b56ac48e260fbcbcead7ccc92'),
  retryNonce: fromHex('d86969bc2d7c6d9990efb04a'),
};

const VERSIONS: readonly QuicVersion[] = [QUIC_V1, QUIC_V2];

export function namedVersion(name: QuicVersionName): QuicVersion {
  return name === 'v2' ? QUIC_V2 : QUIC_V1;
}

export function quicVersion(number: number): QuicVersion | undefined {
  return VERSIONS.find((version) => version.number === number);
}
