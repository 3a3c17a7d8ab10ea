import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { UsageError } from '@mpquic/wire';
import type { ServerCertificate } from './certificates.ts';
import { readPemCertificates } from './pem.ts';
import { schemesOf, signWith } from './signatures.ts';

/**
 * A server's certificate chain and its private key from PEM texts.
 * @throws {UsageError} on texts that are not that, a key of another kind, or one that does not fit
 */
export function loadServerCertificate(chainPem: string, keyPem: string): ServerCertificate {
  const chain = readPemCertificates(chainPem);
  const key = readPrivateKey(keyPem);
  const schemes = schemesOf(key);
  if (schemes.length === 0) {
    throw new UsageError(
      'the private key is none of ECDSA P-256 or P-384, Ed25519, RSA of 2048 bits',
    );
  }
  if (!new X509Certificate(chain[0] as Uint8Array).checkPrivateKey(key)) {
    throw new UsageError('the private key is not that of the first certificate');
  }
  return { chain, key: { schemes, sign: (scheme, content) => signWith(key, scheme, content) } };
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // What OpenSSL says may quote the text.
    throw new UsageError('not a private key in PEM without a pass phrase');
  }
}
