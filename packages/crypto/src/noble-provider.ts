import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha384 } from '@noble/hashes/sha2.js';
import type { Hmac } from './hkdf.ts';
import { advanceKeySchedule, finishedMac } from './key-schedule.ts';
import { generateNobleKeyShare } from './noble-key-share.ts';
import { nodeCryptoProvider } from './node-provider.ts';
import { deriveNodeOpener, deriveNodeSealer } from './packet-key-derivation.ts';
import type { CryptoProvider, HashName, RunningHash } from './provider.ts';

const HMAC: Hmac = { hmac: nobleHmac };

/**
 * Key exchange, hash and HMAC, that is the whole TLS key schedule, by the audited pure JavaScript of
 * the @noble packages: a second implementation to check OpenSSL's against. AEAD, AES and randomness
 * stay with node:crypto.
 */
export const nobleCryptoProvider: CryptoProvider = {
  ...nodeCryptoProvider,
  name: 'noble',
  hash: (hash, bytes) => HASHES[hash](bytes),
  runningHash: (hash) => new NobleRunningHash(hash),
  hmac: nobleHmac,
  advanceKeySchedule: (hash, step, secret, input, context) =>
    advanceKeySchedule(HMAC, hash, step, secret, input, context),
  finishedMac: (hash, baseKey, transcriptHash) => finishedMac(HMAC, hash, baseKey, transcriptHash),
  generateKeyShare: generateNobleKeyShare,
  deriveSealer: (derivation, secret, before) => deriveNodeSealer(HMAC, derivation, secret, before),
  deriveOpener: (derivation, secret, before) => deriveNodeOpener(HMAC, derivation, secret, before),
};

const HASHES = { sha256, sha384 } as const;

function nobleHmac(
  hash: HashName,
  key: Uint8Array,
  bytes: Uint8Array,
  length?: number,
): Uint8Array {
  return hmac(HASHES[hash], key, bytes).slice(0, length);
}

class NobleRunningHash implements RunningHash {
  readonly #hash: ReturnType<typeof sha256.create> | ReturnType<typeof sha384.create>;

  constructor(hash: HashName) {
    this.#hash = HASHES[hash].create();
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): Uint8Array {
    return this.#hash.clone().digest();
  }
}
