import {
  type CertificateVerifier,
  createX509Verifier,
  loadServerCertificate,
  type ServerCertificate,
} from '@mpquic/crypto';
import { readVectors } from './vectors.ts';

type PemPair = Readonly<Record<'certificate' | 'key', string>>;

const certificates = readVectors<Readonly<Record<string, PemPair>>>('certificates.json');

/** Certificate and key in PEM. */
export function pem(name: string): PemPair {
  const pair = certificates[name];
  if (pair === undefined) throw new Error(`no test certificate ${name}`);
  return pair;
}

/** A server certificate for `upf.example` with its intermediate certificate. */
export function serverCertificate(name = 'leaf-p256'): ServerCertificate {
  const { certificate, key } = pem(name);
  return loadServerCertificate(certificate + pem('intermediate').certificate, key);
}

/** Trusts the test root, at a moment at which all is valid. */
export const testTrust: CertificateVerifier = createX509Verifier({
  rootsPem: pem('root').certificate,
  currentTime: () => Date.UTC(2030, 0, 1),
});
