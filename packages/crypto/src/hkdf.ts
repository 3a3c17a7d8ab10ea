/**
 * HKDF (RFC 5869) and TLS 1.3's HKDF-Expand-Label (RFC 9846 §7.1) over the HMAC of a provider.
 */
import { UsageError, wipe } from '@mpquic/wire';
import { type CryptoProvider, HASH_LENGTH, type HashName } from './provider.ts';
import { ReusedMemory } from './reused-memory.ts';

/** All that HKDF needs of a provider. */
export type Hmac = Pick<CryptoProvider, 'hmac'>;

/** HKDF-Extract; the result is as long as the hash. RFC 5869 §2.2 */
export function hkdfExtract(
  crypto: Hmac,
  hash: HashName,
  salt: Uint8Array,
  inputKeyingMaterial: Uint8Array,
): Uint8Array {
  return crypto.hmac(hash, salt, inputKeyingMaterial);
}

/**
 * HKDF-Expand. RFC 5869 §2.3
 * @throws {UsageError} where `length` is above 255 hash lengths
 */
export function hkdfExpand(
  crypto: Hmac,
  hash: HashName,
  pseudorandomKey: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const numberedInfo = new Uint8Array(info.length + 1);
  numberedInfo.set(info);
  return expand(crypto, hash, pseudorandomKey, numberedInfo, length);
}

/**
 * HKDF-Expand-Label, where `label` goes without its prefix "tls13 ". RFC 9846 §7.1
 * @param label ASCII, 1 to 249 octets
 * @param context at most 255 octets
 */
export function hkdfExpandLabel(
  crypto: Hmac,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  return expand(crypto, hash, secret, numberedHkdfLabel(label, context, length), length);
}

/** T(1) || T(2) || ...; the last octet of `numberedInfo` is room for the counter. */
function expand(
  crypto: Hmac,
  hash: HashName,
  pseudorandomKey: Uint8Array,
  numberedInfo: Uint8Array,
  length: number,
): Uint8Array {
  const hashLength = HASH_LENGTH[hash];
  numberedInfo[numberedInfo.length - 1] = 1;
  if (length <= hashLength) return crypto.hmac(hash, pseudorandomKey, numberedInfo, length);
  if (length > 255 * hashLength) throw new UsageError(`HKDF cannot expand to ${length} octets`);

  const output = new Uint8Array(length);
  const input = new Uint8Array(hashLength + numberedInfo.length);
  input.set(numberedInfo, hashLength);
  let block = crypto.hmac(hash, pseudorandomKey, numberedInfo);
  for (let at = 0, counter = 1; ; ) {
    output.set(block.subarray(0, Math.min(hashLength, length - at)), at);
    at += hashLength;
    if (at >= length) break;
    input.set(block);
    input[input.length - 1] = ++counter;
    wipe(block);
    block = crypto.hmac(hash, pseudorandomKey, input);
  }
  wipe(block, input);
  return output;
}

/**
 * The struct HkdfLabel, and one octet behind it for the counter of HKDF-Expand; in memory that the next
 * call overwrites.
 */
function numberedHkdfLabel(label: string, context: Uint8Array, length: number): Uint8Array {
  const labelLength = LABEL_PREFIX.length + label.length;
  if (labelLength > 255 || context.length > 255) throw new UsageError('HKDF label too long');
  const info = LABEL_MEMORY.first(2 + 1 + labelLength + 1 + context.length + 1);
  info[0] = length >>> 8;
  info[1] = length;
  info[2] = labelLength;
  writeAscii(info, 3, LABEL_PREFIX);
  writeAscii(info, 3 + LABEL_PREFIX.length, label);
  info[3 + labelLength] = context.length;
  info.set(context, 4 + labelLength);
  return info;
}

function writeAscii(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

const LABEL_PREFIX = 'tls13 ';
const LABEL_MEMORY = new ReusedMemory(2 + 1 + 255 + 1 + 255 + 1);
