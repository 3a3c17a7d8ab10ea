import type { CryptoProvider } from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';

const BLOCK = 16;
const ZERO_BLOCK: Uint8Array = new Uint8Array(BLOCK);

/** AES-CMAC of `message` under a key of 16 octets: 16 octets. RFC 4493 §2.4 */
export function aesCmac(
  provider: CryptoProvider,
  key: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const blocks = new Uint8Array(Math.max(1, Math.ceil(message.length / BLOCK)) * BLOCK);
  blocks.set(message);
  const isComplete = blocks.length === message.length;
  if (!isComplete) blocks[message.length] = 0x80;
  const subkey = double(provider.aesEncryptBlock(key, ZERO_BLOCK));
  const mask = isComplete ? subkey : double(subkey);
  const last = blocks.length - BLOCK;
  for (let i = 0; i < BLOCK; i++) {
    blocks[last + i] = (blocks[last + i] as number) ^ (mask[i] as number);
  }
  const chained = provider.aesCbc(key, ZERO_BLOCK, blocks);
  wipe(subkey, mask);
  return chained.slice(last);
}

/** Multiplication by x in GF(2^128). RFC 4493 §2.3 */
function double(block: Uint8Array): Uint8Array {
  const doubled = new Uint8Array(BLOCK);
  for (let i = 0; i < BLOCK; i++) {
    doubled[i] = ((block[i] as number) << 1) | ((block[i + 1] ?? 0) >>> 7);
  }
  if ((block[0] as number) >= 0x80) doubled[BLOCK - 1] = (doubled[BLOCK - 1] as number) ^ 0x87;
  return doubled;
}
