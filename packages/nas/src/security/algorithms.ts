import type { CryptoProvider } from '@mpquic/crypto';
import { concatBytes } from '@mpquic/wire';
import { aesCmac } from './aes-cmac.ts';

/** Identifiers of NAS ciphering algorithms implemented here. TS 33.501 §5.11.1.1 */
export const EncryptionAlgorithm = { nea0: 0, nea2: 2 } as const;
export type EncryptionAlgorithm = (typeof EncryptionAlgorithm)[keyof typeof EncryptionAlgorithm];

/** Identifiers of NAS integrity algorithms implemented here. TS 33.501 §5.11.1.2 */
export const IntegrityAlgorithm = { nia0: 0, nia2: 2 } as const;
export type IntegrityAlgorithm = (typeof IntegrityAlgorithm)[keyof typeof IntegrityAlgorithm];

/** 0 uplink, 1 downlink. TS 33.501 D.2.1.1 */
export type Direction = 0 | 1;

/** What makes each use of a NAS key different. */
export interface AlgorithmInput {
  /** 32 bits: zero octet, NAS overflow counter, sequence number. */
  readonly count: number;
  /** 5 bits: the NAS connection identifier. */
  readonly bearer: number;
  readonly direction: Direction;
}

/** 128-NIA2: the first 4 octets of AES-CMAC. Key of 16 octets. TS 33.401 B.2.3 */
export function nia2(
  provider: CryptoProvider,
  key: Uint8Array,
  input: AlgorithmInput,
  message: Uint8Array,
): Uint8Array {
  return aesCmac(provider, key, concatBytes(inputBlock(input, 8), message)).slice(0, 4);
}

/** 128-NEA2: AES in counter mode; encryption and decryption are the same. Key of 16 octets. TS 33.401 B.1.3 */
export function nea2(
  provider: CryptoProvider,
  key: Uint8Array,
  input: AlgorithmInput,
  message: Uint8Array,
): Uint8Array {
  return provider.aesCtr(key, inputBlock(input, 16), message);
}

/** COUNT (32) || BEARER (5) || DIRECTION (1) || zeros. */
function inputBlock({ count, bearer, direction }: AlgorithmInput, length: number): Uint8Array {
  const block = new Uint8Array(length);
  new DataView(block.buffer).setUint32(0, count);
  block[4] = (bearer << 3) | (direction << 2);
  return block;
}
