import type { SignatureScheme } from './provider.ts';

/** A private key that proves possession of a certificate. */
export interface SigningKey {
  /** The schemes that the key can sign with, in order of preference. */
  readonly schemes: readonly SignatureScheme[];
  sign(scheme: SignatureScheme, content: Uint8Array): Uint8Array;
}

/** What a server shows to clients that do not come with a PSK. */
export interface ServerCertificate {
  /** DER certificates: the server's own, then those that certify it. */
  readonly chain: readonly Uint8Array[];
  readonly key: SigningKey;
}

/** Decides whether a server is who it says it is. Replaceable as a whole. */
export interface CertificateVerifier {
  /**
   * Whether the chain leads from a certificate for `serverName` to a trust anchor.
   * @param chain DER certificates, the server's own first
   * @param serverName host name or IP address
   * @throws {CertificateRejected}
   */
  verifyChain(chain: readonly Uint8Array[], serverName: string): void;
  /**
   * Whether the key of the DER certificate made the signature over `content` with this scheme.
   * @throws {CertificateRejected} on a certificate that cannot be read
   */
  verifySignature(
    certificate: Uint8Array,
    scheme: SignatureScheme,
    content: Uint8Array,
    signature: Uint8Array,
  ): boolean;
}

/** Why a chain was rejected, in the terms of the TLS alerts. RFC 9846 §6.2 */
export type CertificateRejection =
  /** It cannot be read, or a signature in it does not verify. */
  | 'bad_certificate'
  /** Its kind, its purpose or an extension of it is not supported. */
  | 'unsupported_certificate'
  /** Expired, or not valid yet. */
  | 'certificate_expired'
  /** It does not name the server. */
  | 'certificate_unknown'
  /** It leads to no trust anchor. */
  | 'unknown_ca';

/** The certificates of the peer are not accepted. */
export class CertificateRejected extends Error {
  readonly code = 'CERTIFICATE_REJECTED';
  override readonly name = 'CertificateRejected';
  readonly rejection: CertificateRejection;

  constructor(rejection: CertificateRejection, reason: string) {
    super(reason);
    this.rejection = rejection;
  }
}
