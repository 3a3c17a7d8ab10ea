import type { AeadName, GroupName, HashName, KeyScheduleStep } from '@mpquic/crypto';

/** The addon knows algorithms by number. */
export const AEAD_INDEX: { readonly [A in AeadName]: number } = {
  'aes-128-gcm': 0,
  'aes-256-gcm': 1,
  'chacha20-poly1305': 2,
};

export const HASH_INDEX: { readonly [H in HashName]: number } = { sha256: 0, sha384: 1 };

export const STEP_INDEX: { readonly [S in KeyScheduleStep]: number } = {
  noPsk: 0,
  externalPsk: 1,
  importedPsk: 2,
  resumptionPsk: 3,
  handshake: 4,
  application: 5,
};

/** The groups that the addon has. */
export const GROUP_INDEX: { readonly [G in Exclude<GroupName, 'secp384r1'>]: number } = {
  x25519: 0,
  secp256r1: 1,
};

/** Octets of a public key. */
export const SHARE_LENGTH: { readonly [G in keyof typeof GROUP_INDEX]: number } = {
  x25519: 32,
  secp256r1: 65,
};
