import {
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import {
  type CertificateVerifier,
  createX509Verifier,
  loadServerCertificate,
  type ServerCertificate,
} from '@mpquic/crypto';
import { concatBytes, fromHex, parseIp, utf8 } from '@mpquic/wire';

/** A UPF's certificate, and what a UE needs to believe it. */
export interface UpfCertificate {
  readonly certificate: ServerCertificate;
  readonly trust: CertificateVerifier;
  /** Octets of the certificate that the UPF shows. */
  readonly octets: number;
}

const DAY_MS = 86_400_000;

/**
 * A P-256 certificate for a UPF at an IP address, signed by a root that the UE trusts: the server
 * authentication of TS 33.501 Annex AA.2, without intermediates. RFC 5280 §4.1
 */
export function newUpfCertificate(host: string): UpfCertificate {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const upf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authority = certificateOf('Root of the testbed', root.publicKey, root.privateKey, [
    extension(OID.basicConstraints, true, sequence(der(Tag.boolean, Uint8Array.of(0xff)))),
  ]);
  const leaf = certificateOf('UPF of the testbed', upf.publicKey, root.privateKey, [
    extension(OID.subjectAltName, false, sequence(der(Tag.ipAddress, parseIp(host)))),
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuthentication))),
  ]);
  const key = upf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    certificate: loadServerCertificate(pem(leaf), key),
    trust: createX509Verifier({ rootsPem: pem(authority), currentTime: Date.now }),
    octets: leaf.length,
  };
}

function pem(certificate: Uint8Array): string {
  return new X509Certificate(certificate).toString();
}

/** Signed with `issuerKey`, in the name of the root. */
function certificateOf(
  subject: string,
  publicKey: KeyObject,
  issuerKey: KeyObject,
  extensions: readonly Uint8Array[],
): Uint8Array {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const now = Date.now();
  const toBeSigned = sequence(
    der(Tag.version, der(Tag.integer, Uint8Array.of(2))),
    der(Tag.integer, concatBytes(Uint8Array.of(1), randomBytes(8))),
    algorithm,
    nameOf('Root of the testbed'),
    sequence(utcTime(now - DAY_MS), utcTime(now + DAY_MS)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(Tag.extensions, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, issuerKey);
  return sequence(toBeSigned, algorithm, bitString(signature));
}

const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  /** `[7]` of GeneralName. */
  ipAddress: 0x87,
  /** `[0]` and `[3]` of TBSCertificate. */
  version: 0xa0,
  extensions: 0xa3,
} as const;

/** Contents of object identifiers. */
const OID = {
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  extendedKeyUsage: '551d25',
  serverAuthentication: '2b06010505070301',
  ecdsaWithSha256: '2a8648ce3d040302',
} as const;

/** A value with its tag and length. ITU-T X.690 §8.1 */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...size), content);
}

function sequence(...contents: readonly Uint8Array[]): Uint8Array {
  return der(Tag.sequence, ...contents);
}

function oid(content: string): Uint8Array {
  return der(Tag.objectIdentifier, fromHex(content));
}

function bitString(bits: Uint8Array): Uint8Array {
  return der(Tag.bitString, Uint8Array.of(0), bits);
}

function nameOf(commonName: string): Uint8Array {
  const attribute = sequence(oid(OID.commonName), der(Tag.utf8String, utf8(commonName)));
  return sequence(der(Tag.set, attribute));
}

/** `YYMMDDHHMMSSZ`. */
function utcTime(milliseconds: number): Uint8Array {
  const digits = new Date(milliseconds).toISOString().replaceAll(/[^0-9]/g, '');
  return der(Tag.utcTime, utf8(`${digits.slice(2, 14)}Z`));
}

function extension(name: string, critical: boolean, value: Uint8Array): Uint8Array {
  const flag = critical ? [der(Tag.boolean, Uint8Array.of(0xff))] : [];
  return sequence(oid(name), ...flag, der(Tag.octetString, value));
}
