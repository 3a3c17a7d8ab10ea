import { createHash, X509Certificate } from 'node:crypto';
import { CertificateRejected, type CertificateVerifier, insecureVerifier } from '@mpquic/crypto';

/** As `serverCertificateHashes` of the W3C API: `value` is the digest of the DER certificate. */
export interface CertificateHash {
  readonly algorithm: string;
  readonly value: ArrayBuffer | ArrayBufferView;
}

/** Milliseconds that such a certificate is valid at most: two weeks. W3C WebTransport §6.9 */
const LONGEST_VALIDITY = 14 * 24 * 3600 * 1000;

/**
 * Believes a certificate that has one of these hashes, whoever signed it and whatever it names, as the W3C API
 * has it: valid now, for two weeks at most, and with a key that is not RSA.
 * @param currentTime milliseconds since 1970
 */
export function certificateHashVerifier(
  hashes: readonly CertificateHash[],
  currentTime: () => number,
): CertificateVerifier {
  const digests = hashes
    .filter(({ algorithm }) => algorithm.toLowerCase() === 'sha-256')
    .map(octets);
  return {
    verifyChain([leaf]) {
      if (leaf === undefined) throw new CertificateRejected('bad_certificate', 'no certificate');
      const digest = createHash('sha256').update(leaf).digest();
      if (!digests.some((known) => digest.equals(known))) {
        throw new CertificateRejected('certificate_unknown', 'a certificate with another hash');
      }
      checkValidity(leaf, currentTime());
    },
    verifySignature: (...signed) => insecureVerifier.verifySignature(...signed),
  };
}

function octets({ value }: CertificateHash): Uint8Array {
  if (!ArrayBuffer.isView(value)) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function checkValidity(der: Uint8Array, now: number): void {
  const certificate = new X509Certificate(der);
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (now < from || now > to) {
    throw new CertificateRejected('certificate_expired', 'the certificate is not valid now');
  }
  if (to - from > LONGEST_VALIDITY) {
    const reason = 'a certificate known by its hash is valid for two weeks at most';
    throw new CertificateRejected('bad_certificate', reason);
  }
  if (certificate.publicKey.asymmetricKeyType === 'rsa') {
    const reason = 'a certificate known by its hash has no RSA key';
    throw new CertificateRejected('unsupported_certificate', reason);
  }
}
