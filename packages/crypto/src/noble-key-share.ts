import { UsageError, wipe } from '@mpquic/wire';
import { x25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { type GroupName, InvalidKeyShare, type KeyShare } from './provider.ts';

/** What the three groups have in common, over @noble/curves. */
interface Group {
  randomSecretKey(): Uint8Array;
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** Throws on a share that is no valid public key. */
  sharedSecret(secretKey: Uint8Array, peerPublicKey: Uint8Array): Uint8Array;
}

export function generateNobleKeyShare(group: GroupName): KeyShare {
  return new NobleKeyShare(group);
}

class NobleKeyShare implements KeyShare {
  readonly group: GroupName;
  readonly publicKey: Uint8Array;
  #secretKey: Uint8Array | undefined;

  constructor(group: GroupName) {
    this.group = group;
    this.#secretKey = GROUPS[group].randomSecretKey();
    this.publicKey = GROUPS[group].publicKey(this.#secretKey);
  }

  agree(peerPublicKey: Uint8Array): Uint8Array {
    const secretKey = this.#secretKey;
    if (secretKey === undefined) throw new UsageError('a key share is used once');
    this.#secretKey = undefined;
    try {
      // The length leaves only the uncompressed form of a point.
      if (peerPublicKey.length !== this.publicKey.length) throw new Error('wrong length');
      return GROUPS[this.group].sharedSecret(secretKey, peerPublicKey);
    } catch {
      throw new InvalidKeyShare(`not a valid ${this.group} share`);
    } finally {
      wipe(secretKey);
    }
  }
}

/** P-256 or P-384; the shared secret is the point's X coordinate. RFC 9846 §7.4.2 */
function nistGroup(curve: typeof p256): Group {
  return {
    randomSecretKey: () => curve.utils.randomSecretKey(),
    publicKey: (secretKey) => curve.getPublicKey(secretKey, false),
    sharedSecret: (secretKey, peer) => curve.getSharedSecret(secretKey, peer, true).slice(1),
  };
}

const GROUPS: Readonly<Record<GroupName, Group>> = {
  x25519: {
    randomSecretKey: () => x25519.utils.randomSecretKey(),
    publicKey: (secretKey) => x25519.getPublicKey(secretKey),
    sharedSecret: (secretKey, peer) => x25519.getSharedSecret(secretKey, peer),
  },
  secp256r1: nistGroup(p256),
  secp384r1: nistGroup(p384),
};
