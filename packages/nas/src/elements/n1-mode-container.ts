import { ByteReader, ByteWriter, concatBytes } from '@mpquic/wire';
import { NasDecodeError } from '../errors.ts';
import { keySetIdentifier } from './key-set-identifier.ts';
import { type SelectedAlgorithms, selectedAlgorithms } from './security.ts';

/** What a handover over N2 tells the UE of the security context at the target. TS 24.501 §9.11.2.6 */
export interface HandoverSecurity {
  readonly algorithms: SelectedAlgorithms;
  /** K_AMF_change_flag: the UE derives K_AMF' of TS 33.501 A.13. */
  readonly horizontalDerivation: boolean;
  /** Of the native context in use, 0 to 6. */
  readonly ngKsi: number;
  /** The last 8 bits of the downlink NAS COUNT that enters K_AMF'. */
  readonly sequenceNumber: number;
}

/** The value of an Intra N1 mode NAS transparent container: what is said, and the MAC over it. */
export interface N1ModeContainer {
  /** 4 octets. */
  readonly mac: Uint8Array;
  /** 3 octets: what the MAC covers. */
  readonly authenticated: Uint8Array;
  readonly security: HandoverSecurity;
}

const LENGTH = 7;

/** The part that the MAC covers, 3 octets. */
export function writeHandoverSecurity(security: HandoverSecurity): Uint8Array {
  const { algorithms, horizontalDerivation, ngKsi, sequenceNumber } = security;
  const writer = new ByteWriter();
  selectedAlgorithms.write(writer, algorithms);
  const identifier = keySetIdentifier.write({ mapped: false, value: ngKsi });
  return writer
    .uint8((horizontalDerivation ? CHANGE_FLAG : 0) | identifier)
    .uint8(sequenceNumber & 0xff)
    .finish();
}

/** The value of the element, 7 octets; `mac` has 4. TS 24.501 §9.11.2.6 */
export function writeN1ModeContainer(mac: Uint8Array, authenticated: Uint8Array): Uint8Array {
  return concatBytes(mac, authenticated);
}

/** Nothing is verified. @throws {NasDecodeError} on another length */
export function readN1ModeContainer(bytes: Uint8Array): N1ModeContainer {
  if (bytes.length !== LENGTH) throw new NasDecodeError(undefined, 'container of another length');
  const authenticated = bytes.subarray(4);
  const reader = new ByteReader(authenticated);
  const algorithms = selectedAlgorithms.read(reader);
  const flags = reader.uint8();
  return {
    mac: bytes.subarray(0, 4),
    authenticated,
    security: {
      algorithms,
      horizontalDerivation: (flags & CHANGE_FLAG) !== 0,
      ngKsi: keySetIdentifier.read(flags & 0x0f).value,
      sequenceNumber: reader.uint8(),
    },
  };
}

/** KACF. */
const CHANGE_FLAG = 0x10;
