import { concatBytes } from '@mpquic/wire';
import { NasDecodeError } from '../errors.ts';
import { MM_DISCRIMINATOR } from '../messages/mm.ts';

/** Security header type. TS 24.501 §9.3.1 */
export const SecurityHeaderType = {
  plain: 0,
  integrityProtected: 1,
  integrityProtectedAndCiphered: 2,
  /** Security Mode Command. */
  integrityProtectedWithNewContext: 3,
  /** Security Mode Complete. */
  integrityProtectedAndCipheredWithNewContext: 4,
} as const;
export type SecurityHeaderType = (typeof SecurityHeaderType)[keyof typeof SecurityHeaderType];

/** The parts of a security protected message, as views. */
export interface ProtectedMessage {
  readonly headerType: SecurityHeaderType;
  /** 4 octets. */
  readonly mac: Uint8Array;
  readonly sequenceNumber: number;
  /** Sequence number and payload: what the MAC covers. */
  readonly authenticated: Uint8Array;
  /** The plain message, or its ciphertext. */
  readonly payload: Uint8Array;
}

const HEADER_LENGTH = 7;

/**
 * Splits a 5GMM message with security header type 1 to 4; nothing is verified. TS 24.501 §9.1.1
 * @returns `undefined` for a plain 5GMM message
 * @throws {NasDecodeError} without cause on anything else: it is discarded
 */
export function readProtectedMessage(bytes: Uint8Array): ProtectedMessage | undefined {
  if (bytes.length < 3) throw new NasDecodeError(undefined, 'too short for a message type');
  if (bytes[0] !== MM_DISCRIMINATOR) throw new NasDecodeError(undefined, 'not a 5GMM message');
  const headerType = (bytes[1] as number) & 0x0f;
  if (headerType === SecurityHeaderType.plain) return undefined;
  if (headerType > 4) throw new NasDecodeError(undefined, `security header type ${headerType}`);
  if (bytes.length <= HEADER_LENGTH) throw new NasDecodeError(undefined, 'no protected payload');
  return {
    headerType: headerType as SecurityHeaderType,
    mac: bytes.subarray(2, 6),
    sequenceNumber: bytes[6] as number,
    authenticated: bytes.subarray(6),
    payload: bytes.subarray(HEADER_LENGTH),
  };
}

/** The octets of a security protected message. */
export function writeProtectedMessage(
  headerType: SecurityHeaderType,
  mac: Uint8Array,
  authenticated: Uint8Array,
): Uint8Array {
  return concatBytes(Uint8Array.of(MM_DISCRIMINATOR, headerType), mac, authenticated);
}

/** Whether messages of this header type are ciphered. */
export function isCiphered(headerType: SecurityHeaderType): boolean {
  return (
    headerType === SecurityHeaderType.integrityProtectedAndCiphered ||
    headerType === SecurityHeaderType.integrityProtectedAndCipheredWithNewContext
  );
}
