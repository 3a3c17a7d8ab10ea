import type { AeadName, PacketKeyDerivation } from '@mpquic/crypto';

/** Where the pattern of each part begins, beside the seed of its AEAD. */
export const Part = { key: 1, iv: 2, headerProtectionKey: 3, secret: 4 } as const;

export const AEADS: readonly {
  readonly aead: AeadName;
  readonly length: number;
  readonly seed: number;
}[] = [
  { aead: 'aes-128-gcm', length: 16, seed: 10 },
  { aead: 'aes-256-gcm', length: 32, seed: 20 },
  { aead: 'chacha20-poly1305', length: 32, seed: 30 },
];

/** Octets that stand in no memory by chance. */
export function fillPattern(into: Uint8Array, seed: number): Uint8Array {
  let state = seed;
  for (let i = 0; i < into.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    into[i] = state >>> 16;
  }
  return into;
}

export const DERIVATION: PacketKeyDerivation = {
  aead: 'aes-128-gcm',
  hash: 'sha256',
  keyLabel: 'quic key',
  ivLabel: 'quic iv',
  headerProtectionLabel: 'quic hp',
};
