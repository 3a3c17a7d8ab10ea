import type { CryptoProvider } from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';

const BLOCK = 16;

/** AES-CMAC of `message` under a key of 16 octets: 16 octets. RFC 4493 §2.4 */
export function aesCmac(
  provider: CryptoProvider,
  key: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const subkey1 = double(provider.aesEncryptBlock(key, new Uint8Array(BLOCK)));
  const subkey2 = double(subkey1);
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK));
  let state: Uint8Array = new Uint8Array(BLOCK);
  for (let block = 0; block < blocks - 1; block++) {
    xorInto(state, message.subarray(block * BLOCK, (block + 1) * BLOCK));
    state = provider.aesEncryptBlock(key, state);
  }
  const last = message.subarray((blocks - 1) * BLOCK);
  xorInto(state, last);
  if (last.length === BLOCK) {
    xorInto(state, subkey1);
  } else {
    state[last.length] = (state[last.length] as number) ^ 0x80;
    xorInto(state, subkey2);
  }
  wipe(subkey1, subkey2);
  return provider.aesEncryptBlock(key, state);
}

function xorInto(target: Uint8Array, source: Uint8Array): void {
  for (let i = 0; i < source.length; i++) {
    target[i] = (target[i] as number) ^ (source[i] as number);
  }
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
