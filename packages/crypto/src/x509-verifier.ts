import { type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type CertificateProfile,
  readCertificateProfile,
  STRONG_SIGNATURES,
} from './certificate-profile.ts';
import {
  CertificateRejected,
  type CertificateRejection,
  type CertificateVerifier,
} from './certificates.ts';
import { readPemCertificates } from './pem.ts';
import type { SignatureScheme } from './provider.ts';
import { schemesOf, verifyWith } from './signatures.ts';

export interface X509VerifierOptions {
  /** Trust anchors in PEM; a server's own certificate may be one. */
  readonly rootsPem: string;
  /** Milliseconds since 1970, asked at each chain. */
  readonly currentTime: () => number;
}

/**
 * Verifies chains and names through node:crypto. RFC 5280 §6, RFC 9525. Not looked at: revocation and
 * name constraints; a certificate with critical name constraints is refused, as with any critical
 * extension that is not understood.
 * @throws {UsageError} where there is no trust anchor
 */
export function createX509Verifier(options: X509VerifierOptions): CertificateVerifier {
  const roots = readPemCertificates(options.rootsPem).map(readCertificate);
  return {
    verifyChain(chain, serverName) {
      const [leaf, ...others] = chain.slice(0, MAX_CHAIN_LENGTH).map(readCertificate);
      if (leaf === undefined) throw reject('bad_certificate', 'no certificate');
      checkName(leaf.x509, serverName);
      checkPurpose(leaf.x509);
      checkPath(leaf, others, roots, options.currentTime());
    },
    verifySignature,
  };
}

/**
 * Accepts every chain and name, for tests and labs: the signature is still checked, so that the
 * server holds the key of what it shows, whoever it is.
 */
export const insecureVerifier: CertificateVerifier = { verifyChain() {}, verifySignature };

interface Certificate {
  readonly x509: X509Certificate;
  readonly publicKey: KeyObject;
  readonly profile: CertificateProfile;
}

function readCertificate(der: Uint8Array): Certificate {
  try {
    const x509 = new X509Certificate(der);
    return { x509, publicKey: x509.publicKey, profile: readCertificateProfile(der) };
  } catch {
    throw reject('bad_certificate', 'a certificate that cannot be read');
  }
}

/** Goes from the leaf up to a trust anchor, over any order of the certificates between. */
function checkPath(
  leaf: Certificate,
  others: readonly Certificate[],
  roots: readonly Certificate[],
  now: number,
): void {
  const rest = new Set(others);
  let current = leaf;
  for (let below = 0; ; below++) {
    checkCertificate(current, now);
    const { fingerprint256 } = current.x509;
    if (roots.some(({ x509 }) => x509.fingerprint256 === fingerprint256)) return;
    const { signatureAlgorithm } = current.profile;
    if (!STRONG_SIGNATURES.has(signatureAlgorithm)) {
      throw reject('bad_certificate', `signed with ${signatureAlgorithm}, which is not accepted`);
    }
    const root = roots.find((candidate) => isIssuedBy(current, candidate));
    const issuer = root ?? [...rest].find((candidate) => isIssuedBy(current, candidate));
    if (issuer === undefined) throw reject('unknown_ca', 'the chain leads to no trust anchor');
    if ((issuer.profile.pathLength ?? below) < below) {
      throw reject('bad_certificate', 'more certificates than the path length allows');
    }
    if (root !== undefined) {
      checkCertificate(root, now);
      return;
    }
    rest.delete(issuer);
    current = issuer;
  }
}

function isIssuedBy({ x509 }: Certificate, issuer: Certificate): boolean {
  return issuer.x509.ca && x509.checkIssued(issuer.x509) && x509.verify(issuer.publicKey);
}

/** What holds for every certificate of a path. */
function checkCertificate({ x509, publicKey, profile }: Certificate, now: number): void {
  const { validFrom, validTo } = x509;
  if (now < Date.parse(validFrom) || now > Date.parse(validTo)) {
    throw reject('certificate_expired', `valid from ${validFrom} to ${validTo} only`);
  }
  if (profile.unknownCritical.length > 0) {
    const types = profile.unknownCritical.join(', ');
    throw reject('unsupported_certificate', `critical extension ${types}`);
  }
  if (schemesOf(publicKey).length === 0) {
    throw reject('unsupported_certificate', 'a key of a kind or size that is not accepted');
  }
}

/** RFC 9525 §6: the subject alternative names count, never the subject. */
function checkName(certificate: X509Certificate, serverName: string): void {
  if (serverName === '') throw reject('certificate_unknown', 'no server name to verify');
  const named =
    isIP(serverName) > 0
      ? certificate.checkIP(serverName)
      : certificate.checkHost(serverName, { subject: 'never' });
  if (named === undefined) {
    throw reject('certificate_unknown', `the certificate does not name ${serverName}`);
  }
}

/** RFC 5280 §4.2.1.12; X509Certificate calls the extended key usage `keyUsage`. */
function checkPurpose({ keyUsage }: X509Certificate): void {
  const purposes = keyUsage as readonly string[] | undefined;
  if (purposes === undefined) return;
  if (!purposes.includes(SERVER_AUTHENTICATION) && !purposes.includes(ANY_PURPOSE)) {
    throw reject('unsupported_certificate', 'the certificate is not for servers');
  }
}

function verifySignature(
  certificate: Uint8Array,
  scheme: SignatureScheme,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verifyWith(readCertificate(certificate).publicKey, scheme, content, signature);
}

function reject(rejection: CertificateRejection, reason: string): CertificateRejected {
  return new CertificateRejected(rejection, reason);
}

const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';
const ANY_PURPOSE = '2.5.29.37.0';

/** Certificates behind these are not looked at. */
const MAX_CHAIN_LENGTH = 12;
