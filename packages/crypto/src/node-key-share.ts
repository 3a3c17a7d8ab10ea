import {
  createECDH,
  createPublicKey,
  diffieHellman,
  type ECDH,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { UsageError } from '@mpquic/wire';
import { plainView } from './bytes.ts';
import { type GroupName, InvalidKeyShare, type KeyShare } from './provider.ts';

export function generateNodeKeyShare(group: GroupName): KeyShare {
  return group === 'x25519' ? new X25519KeyShare() : new NistKeyShare(group);
}

/**
 * X25519. RFC 7748 §6.1, RFC 9846 §7.4.2
 *
 * The public key is computed as the shared secret with the base point. On Node 20 that takes half of
 * the time of an export as DER; an export as JWK right after the generation can block for ever.
 */
class X25519KeyShare implements KeyShare {
  readonly group = 'x25519';
  readonly publicKey: Uint8Array;
  #privateKey: KeyObject | undefined;

  constructor() {
    this.#privateKey = generateKeyPairSync('x25519').privateKey;
    this.publicKey = plainView(
      diffieHellman({ privateKey: this.#privateKey, publicKey: basePoint() }),
    );
  }

  agree(peerPublicKey: Uint8Array): Uint8Array {
    const privateKey = this.#privateKey;
    if (privateKey === undefined) throw new UsageError('a key share is used once');
    this.#privateKey = undefined;
    if (peerPublicKey.length !== 32) throw new InvalidKeyShare('an x25519 share has 32 octets');
    return x25519(privateKey, importX25519(peerPublicKey));
  }
}

/** P-256 and P-384. RFC 9846 §4.3.8.2 */
class NistKeyShare implements KeyShare {
  readonly group: 'secp256r1' | 'secp384r1';
  readonly publicKey: Uint8Array;
  #ecdh: ECDH | undefined;

  constructor(group: 'secp256r1' | 'secp384r1') {
    this.group = group;
    this.#ecdh = createECDH(NODE_CURVE[group]);
    this.publicKey = plainView(this.#ecdh.generateKeys());
  }

  agree(peerPublicKey: Uint8Array): Uint8Array {
    const ecdh = this.#ecdh;
    if (ecdh === undefined) throw new UsageError('a key share is used once');
    this.#ecdh = undefined;
    // Only the uncompressed form is legal; OpenSSL would take the compressed one too.
    if (peerPublicKey.length !== this.publicKey.length || peerPublicKey[0] !== 4) {
      throw new InvalidKeyShare(`a ${this.group} share is an uncompressed point`);
    }
    try {
      return plainView(ecdh.computeSecret(peerPublicKey));
    } catch {
      throw new InvalidKeyShare(`not a point of ${this.group}`);
    }
  }
}

function x25519(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  let secret: Uint8Array;
  try {
    secret = plainView(diffieHellman({ privateKey, publicKey }));
  } catch {
    throw new InvalidKeyShare('an x25519 share of low order');
  }
  // RFC 9846 §7.4.2: the all-zero value MUST be refused; OpenSSL does, other libraries may not.
  let any = 0;
  for (let i = 0; i < secret.length; i++) any |= secret[i] as number;
  if (any === 0) throw new InvalidKeyShare('an x25519 share of low order');
  return secret;
}

function importX25519(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey.buffer, publicKey.byteOffset, 32).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

/** u = 9. RFC 7748 §4.1 */
function basePoint(): KeyObject {
  cachedBasePoint ??= importX25519(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0)));
  return cachedBasePoint;
}

let cachedBasePoint: KeyObject | undefined;

const NODE_CURVE = { secp256r1: 'prime256v1', secp384r1: 'secp384r1' } as const;
