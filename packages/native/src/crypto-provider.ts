import {
  type CryptoProvider,
  HASH_LENGTH,
  type HashName,
  KeptHash,
  nodeCryptoProvider,
} from '@mpquic/crypto';
import { addon, type NativeAddon } from './addon.ts';
import { HASH_INDEX } from './algorithm-index.ts';
import { NativeKeySchedule } from './key-schedule.ts';
import { NativeKeyShares } from './key-share.ts';
import { NativePacketProtection } from './packet-protection.ts';
import { SCRATCH_LENGTH, Scratch } from './scratch.ts';

/**
 * Cryptography by the addon, which keeps OpenSSL's contexts from packet to packet, and by node:crypto where
 * that is as good. Undefined where there is no addon. One provider serves the whole thread.
 */
export function nativeCryptoProvider(): CryptoProvider | undefined {
  if (addon !== undefined) provider ??= createProvider(addon);
  return provider;
}

let provider: CryptoProvider | undefined;

function createProvider(native: NativeAddon): CryptoProvider {
  const scratch = new Scratch();
  const { memory } = scratch;
  const protection = new NativePacketProtection(native, scratch);
  const keyShares = new NativeKeyShares(native, scratch);

  const hash = (name: HashName, bytes: Uint8Array): Uint8Array => {
    if (bytes.length > SCRATCH_LENGTH) return nodeCryptoProvider.hash(name, bytes);
    memory.set(bytes);
    native.hash(memory, HASH_INDEX[name], bytes.length);
    return scratch.read(HASH_LENGTH[name]);
  };
  const hmac = (
    name: HashName,
    key: Uint8Array,
    bytes: Uint8Array,
    length = HASH_LENGTH[name],
  ): Uint8Array => {
    if (key.length + bytes.length > SCRATCH_LENGTH)
      return nodeCryptoProvider.hmac(name, key, bytes, length);
    memory.set(key);
    memory.set(bytes, key.length);
    native.hmac(memory, HASH_INDEX[name], key.length, bytes.length);
    return scratch.take(HASH_LENGTH[name], length);
  };

  const keySchedule = new NativeKeySchedule(native, scratch, hmac);

  return {
    ...nodeCryptoProvider,
    name: 'native',
    hash,
    runningHash: (name) => new KeptHash(name, hash),
    hmac,
    advanceKeySchedule: (name, step, secret, input, context) =>
      keySchedule.advance(name, step, secret, input, context),
    finishedMac: (name, baseKey, transcriptHash) =>
      keySchedule.finishedMac(name, baseKey, transcriptHash),
    generateKeyShare: (group) =>
      group === 'secp384r1'
        ? nodeCryptoProvider.generateKeyShare(group)
        : keyShares.generate(group),
    createSealer: (keys) => protection.createSealer(keys),
    createOpener: (keys) => protection.createOpener(keys),
    deriveSealer: (derivation, secret, like) => protection.deriveSealer(derivation, secret, like),
    deriveOpener: (derivation, secret, like) => protection.deriveOpener(derivation, secret, like),
  };
}
