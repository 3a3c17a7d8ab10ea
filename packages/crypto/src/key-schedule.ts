/** The steps of TLS 1.3's key schedule over the HMAC of a provider. RFC 9846 §7.1 */
import { fromHex, wipe } from '@mpquic/wire';
import { type Hmac, hkdfExpandLabel, hkdfExtract } from './hkdf.ts';
import {
  HASH_LENGTH,
  type HashName,
  KEY_SCHEDULE_STEPS,
  type KeyScheduleStep,
} from './provider.ts';

/** `CryptoProvider.advanceKeySchedule` of providers that have nothing better than their HMAC. */
export function advanceKeySchedule(
  crypto: Hmac,
  hash: HashName,
  step: KeyScheduleStep,
  secret: Uint8Array,
  input: Uint8Array,
  context: Uint8Array,
): Uint8Array[] {
  const { first, labels } = KEY_SCHEDULE_STEPS[step];
  const length = HASH_LENGTH[hash];
  const salt = first
    ? ZEROS[hash]
    : hkdfExpandLabel(crypto, hash, secret, 'derived', EMPTY_HASH[hash], length);
  const next = hkdfExtract(crypto, hash, salt, input);
  secret.set(next);
  wipe(next);
  if (!first) wipe(salt);
  const derived: Uint8Array[] = [];
  for (const label of labels) {
    derived.push(hkdfExpandLabel(crypto, hash, secret, label, context, length));
  }
  return derived;
}

/** `CryptoProvider.finishedMac`, likewise. */
export function finishedMac(
  crypto: Hmac,
  hash: HashName,
  baseKey: Uint8Array,
  transcriptHash: Uint8Array,
): Uint8Array {
  const length = HASH_LENGTH[hash];
  const key = hkdfExpandLabel(crypto, hash, baseKey, 'finished', NOTHING, length);
  const mac = crypto.hmac(hash, key, transcriptHash);
  wipe(key);
  return mac;
}

/** The hash of no octets at all: the context of what is derived from no messages. */
export const EMPTY_HASH: { readonly [H in HashName]: Uint8Array } = {
  sha256: fromHex('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),
  sha384: fromHex(
    '38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b',
  ),
};

/** A hash value of zeros only: salt and input where there is nothing else. */
export const ZEROS: { readonly [H in HashName]: Uint8Array } = {
  sha256: new Uint8Array(HASH_LENGTH.sha256),
  sha384: new Uint8Array(HASH_LENGTH.sha384),
};

const NOTHING = new Uint8Array(0);
