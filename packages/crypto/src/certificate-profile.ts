/** The parts of a certificate that decide about a chain and that node:crypto does not show. RFC 5280 §4 */
import { type DerElement, DerTag, objectIdentifier, readDer } from './der.ts';

export interface CertificateProfile {
  /** Of the signature on it. */
  readonly signatureAlgorithm: string;
  /** How many intermediate certificates may follow below it; undefined for any number. */
  readonly pathLength: number | undefined;
  /** Critical extensions that this package does not know, so that the certificate is unusable. */
  readonly unknownCritical: readonly string[];
}

/** @throws {UnexpectedEnd} or {TypeError} on what is no certificate */
export function readCertificateProfile(der: Uint8Array): CertificateProfile {
  const [toBeSigned, algorithm] = children(readDer(der)[0]);
  const extensions = children(
    children(toBeSigned).find(({ tag }) => tag === DerTag.explicit3) ?? NO_EXTENSIONS,
  ).flatMap(children);
  let pathLength: number | undefined;
  const unknownCritical: string[] = [];
  for (const extension of extensions) {
    const parts = children(extension);
    const type = objectIdentifier((parts[0] as DerElement).content);
    const critical = parts[1]?.tag === DerTag.boolean && parts[1].content[0] !== 0;
    if (type === BASIC_CONSTRAINTS) pathLength = readPathLength(parts.at(-1));
    else if (critical && !CHECKED_ELSEWHERE.has(type)) unknownCritical.push(type);
  }
  return {
    signatureAlgorithm: objectIdentifier((children(algorithm)[0] as DerElement).content),
    pathLength,
    unknownCritical,
  };
}

function readPathLength(value: DerElement | undefined): number | undefined {
  const constraints = children(readDer(value?.content ?? new Uint8Array(0))[0]);
  const integer = constraints.find(({ tag }) => tag === DerTag.integer);
  return integer?.content.reduce((length, octet) => length * 256 + octet, 0);
}

function children(element: DerElement | undefined): DerElement[] {
  return readDer((element as DerElement).content);
}

const NO_EXTENSIONS: DerElement = {
  tag: DerTag.explicit3,
  content: Uint8Array.of(DerTag.sequence, 0),
};

const BASIC_CONSTRAINTS = '2.5.29.19';

/** Key usage, subject alternative name, certificate policies (any is fine), extended key usage. */
const CHECKED_ELSEWHERE: ReadonlySet<string> = new Set([
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.32',
  '2.5.29.37',
]);

/** Signatures in a chain that are strong enough: no MD5, no SHA-1. RFC 9846 §4.5.1.3 */
export const STRONG_SIGNATURES: ReadonlySet<string> = new Set([
  // RSA with PKCS #1 v1.5 and SHA-256, SHA-384, SHA-512; RSASSA-PSS.
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.113549.1.1.10',
  // ECDSA with SHA-256, SHA-384, SHA-512; Ed25519.
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
]);
