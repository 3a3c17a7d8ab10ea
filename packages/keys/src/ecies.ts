/** The elliptic curve integrated encryption schemes of TS 33.501 Annex C.3. */
import { ByteWriter, concatBytes } from '@mpquic/wire';
import { x25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import type { KeyCrypto } from './key-crypto.ts';

/** Protection scheme identifiers. TS 33.501 C.1 */
export const ProtectionScheme = { nullScheme: 0, profileA: 1, profileB: 2 } as const;
export type ProtectionScheme = (typeof ProtectionScheme)[keyof typeof ProtectionScheme];
export type EciesProfile = Exclude<ProtectionScheme, 0>;

const TAG_LENGTH = 8;

/** The curve's part of a profile. TS 33.501 C.3.4 */
interface Curve {
  /** Octets of the ephemeral public key in the scheme output. */
  readonly publicKeyLength: number;
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** 32 octets. Throws where the public key is not valid. */
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

const CURVES: { readonly [P in EciesProfile]: Curve } = {
  1: {
    publicKeyLength: 32,
    publicKey: (privateKey) => x25519.getPublicKey(privateKey),
    sharedSecret: (privateKey, publicKey) => x25519.getSharedSecret(privateKey, publicKey),
  },
  2: {
    // Point compression is on. TS 33.501 C.3.4.2
    publicKeyLength: 33,
    publicKey: (privateKey) => p256.getPublicKey(privateKey, true),
    sharedSecret: (privateKey, publicKey) =>
      p256.getSharedSecret(privateKey, publicKey, true).slice(1),
  },
};

/** The public key of a home network's or an ephemeral private key of 32 octets. */
export function eciesPublicKey(profile: EciesProfile, privateKey: Uint8Array): Uint8Array {
  return CURVES[profile].publicKey(privateKey);
}

/** Ephemeral public key || ciphertext || 8-octet tag. TS 33.501 C.3.2 */
export function sealEcies(
  crypto: KeyCrypto,
  profile: EciesProfile,
  homeNetworkPublicKey: Uint8Array,
  ephemeralPrivateKey: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const curve = CURVES[profile];
  const ephemeralPublicKey = curve.publicKey(ephemeralPrivateKey);
  const shared = curve.sharedSecret(ephemeralPrivateKey, homeNetworkPublicKey);
  const keys = deriveEciesKeys(crypto, shared, ephemeralPublicKey);
  const ciphertext = crypto.aesCtr(keys.encryption, keys.counter, plaintext);
  return concatBytes(ephemeralPublicKey, ciphertext, tag(crypto, keys.mac, ciphertext));
}

/** The plaintext, or `undefined` where the scheme output is malformed or its tag is wrong. TS 33.501 C.3.3 */
export function openEcies(
  crypto: KeyCrypto,
  profile: EciesProfile,
  homeNetworkPrivateKey: Uint8Array,
  schemeOutput: Uint8Array,
): Uint8Array | undefined {
  const curve = CURVES[profile];
  if (schemeOutput.length <= curve.publicKeyLength + TAG_LENGTH) return undefined;
  const ephemeralPublicKey = schemeOutput.slice(0, curve.publicKeyLength);
  const ciphertext = schemeOutput.slice(curve.publicKeyLength, -TAG_LENGTH);
  let shared: Uint8Array;
  try {
    shared = curve.sharedSecret(homeNetworkPrivateKey, ephemeralPublicKey);
  } catch {
    return undefined;
  }
  const keys = deriveEciesKeys(crypto, shared, ephemeralPublicKey);
  if (!crypto.equal(tag(crypto, keys.mac, ciphertext), schemeOutput.slice(-TAG_LENGTH))) {
    return undefined;
  }
  return crypto.aesCtr(keys.encryption, keys.counter, ciphertext);
}

/** The three parts of the KDF's output. TS 33.501 C.3.4: 16, 16 and 32 octets. */
export interface EciesKeys {
  readonly encryption: Uint8Array;
  /** Initial counter block. */
  readonly counter: Uint8Array;
  readonly mac: Uint8Array;
}

/** ANSI X9.63 KDF with SHA-256, the ephemeral public key as SharedInfo. TS 33.501 C.3.4 */
export function deriveEciesKeys(
  crypto: KeyCrypto,
  shared: Uint8Array,
  ephemeralPublicKey: Uint8Array,
): EciesKeys {
  const block = (counter: number): Uint8Array =>
    crypto.hash(
      'sha256',
      new ByteWriter().bytes(shared).uint32(counter).bytes(ephemeralPublicKey).finish(),
    );
  const first = block(1);
  return { encryption: first.slice(0, 16), counter: first.slice(16), mac: block(2) };
}

/** HMAC-SHA-256, its first 64 bits. */
function tag(crypto: KeyCrypto, key: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return crypto.hmac('sha256', key, ciphertext).slice(0, TAG_LENGTH);
}
