import { createCipheriv, hash as hashOnce } from 'node:crypto';
import { aeadOpen, aeadSeal } from './aead.ts';
import { plainView } from './bytes.ts';
import { equalInConstantTime } from './constant-time.ts';
import type { Hmac } from './hkdf.ts';
import { KeptHash } from './kept-hash.ts';
import { advanceKeySchedule, finishedMac } from './key-schedule.ts';
import { nodeHmac } from './node-hmac.ts';
import { generateNodeKeyShare } from './node-key-share.ts';
import { deriveNodeOpener, deriveNodeSealer } from './packet-key-derivation.ts';
import { createNodeOpener } from './packet-opener.ts';
import { createNodeSealer } from './packet-sealer.ts';
import type { CryptoProvider, HashName } from './provider.ts';
import { fillRandom } from './random-pool.ts';

const HMAC: Hmac = { hmac: nodeHmac };

/** All cryptography by node:crypto, which is OpenSSL. */
export const nodeCryptoProvider: CryptoProvider = {
  name: 'node',
  random: { fill: fillRandom },
  hash: nodeHash,
  runningHash: (hash) => new KeptHash(hash, nodeHash),
  hmac: nodeHmac,
  advanceKeySchedule: (hash, step, secret, input, context) =>
    advanceKeySchedule(HMAC, hash, step, secret, input, context),
  finishedMac: (hash, baseKey, transcriptHash) => finishedMac(HMAC, hash, baseKey, transcriptHash),
  equal: equalInConstantTime,
  generateKeyShare: generateNodeKeyShare,
  createSealer: createNodeSealer,
  createOpener: createNodeOpener,
  deriveSealer: (derivation, secret, before) => deriveNodeSealer(HMAC, derivation, secret, before),
  deriveOpener: (derivation, secret, before) => deriveNodeOpener(HMAC, derivation, secret, before),
  aeadSeal,
  aeadOpen,
  aesEncryptBlock: (key, block) => {
    const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
    return plainView(cipher.update(block));
  },
  aesCbc: (key, initializationVector, blocks) => {
    const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, initializationVector);
    return plainView(cipher.setAutoPadding(false).update(blocks));
  },
  aesCtr: (key, counter, bytes) =>
    plainView(createCipheriv(`aes-${key.length * 8}-ctr`, key, counter).update(bytes)),
};

function nodeHash(hash: HashName, bytes: Uint8Array): Uint8Array {
  return plainView(hashOnce(hash, bytes, 'buffer'));
}
