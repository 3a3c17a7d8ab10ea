import { constants, type KeyObject, type SignKeyObjectInput, sign, verify } from 'node:crypto';
import type { SignatureScheme } from './provider.ts';

/** The schemes that a key of this kind can sign with. RFC 9846 §4.3.3 */
export function schemesOf(key: KeyObject): readonly SignatureScheme[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return ['ed25519'];
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= MIN_RSA_BITS ? RSA_SCHEMES : [];
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return ['ecdsa_secp256r1_sha256'];
  if (type === 'ec' && details?.namedCurve === 'secp384r1') return ['ecdsa_secp384r1_sha384'];
  return [];
}

export function signWith(key: KeyObject, scheme: SignatureScheme, content: Uint8Array): Uint8Array {
  return Uint8Array.from(sign(DIGESTS[scheme], content, keyInput(key, scheme)));
}

/** False too where the key is not of the scheme's kind. */
export function verifyWith(
  key: KeyObject,
  scheme: SignatureScheme,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  return (
    schemesOf(key).includes(scheme) &&
    verify(DIGESTS[scheme], content, keyInput(key, scheme), signature)
  );
}

function keyInput(key: KeyObject, scheme: SignatureScheme): SignKeyObjectInput {
  if (!scheme.startsWith('rsa_pss')) return { key, dsaEncoding: 'der' };
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  return { key, padding, saltLength };
}

const RSA_SCHEMES: readonly SignatureScheme[] = [
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
];

/** Shorter RSA keys are refused. */
const MIN_RSA_BITS = 2048;

/** Ed25519 has its hash inside. */
const DIGESTS: { readonly [S in SignatureScheme]: string | undefined } = {
  ecdsa_secp256r1_sha256: 'sha256',
  ecdsa_secp384r1_sha384: 'sha384',
  ed25519: undefined,
  rsa_pss_rsae_sha256: 'sha256',
  rsa_pss_rsae_sha384: 'sha384',
  rsa_pss_rsae_sha512: 'sha512',
};
