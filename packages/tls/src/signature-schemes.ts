import type { SignatureScheme } from '@mpquic/crypto';

/** SignatureScheme code points, in order of preference. RFC 9846 §4.3.3 */
export const SIGNATURE_SCHEME_CODES: { readonly [Name in SignatureScheme]: number } = {
  ecdsa_secp256r1_sha256: 0x0403,
  ed25519: 0x0807,
  ecdsa_secp384r1_sha384: 0x0503,
  rsa_pss_rsae_sha256: 0x0804,
  rsa_pss_rsae_sha384: 0x0805,
  rsa_pss_rsae_sha512: 0x0806,
};

/** The scheme's name, or undefined for schemes that are not implemented. */
export function schemeName(code: number): SignatureScheme | undefined {
  return (Object.keys(SIGNATURE_SCHEME_CODES) as SignatureScheme[]).find(
    (name) => SIGNATURE_SCHEME_CODES[name] === code,
  );
}
