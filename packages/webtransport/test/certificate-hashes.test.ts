import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CertificateRejected, type CertificateRejection } from '@mpquic/crypto';
import { certificateHashVerifier } from '../src/certificate-hashes.ts';

const file = new URL('../../test/vectors/hashed-certificates.json', import.meta.url);
const pem = JSON.parse(readFileSync(file, 'utf8')) as Record<'twoWeeks' | 'month' | 'rsa', string>;

/** What a client that knows the hash of `known` thinks of `shown`, `days` after it became valid. */
function verdict(
  shown: keyof typeof pem,
  known: keyof typeof pem,
  days = 1,
): CertificateRejection | 'accepted' {
  const certificate = new X509Certificate(pem[shown]);
  const value = createHash('sha256').update(new X509Certificate(pem[known]).raw).digest();
  const now = Date.parse(certificate.validFrom) + days * 24 * 3600 * 1000;
  const hashes = [
    { algorithm: 'sha-512', value: new Uint8Array(64) },
    { algorithm: 'sha-256', value },
  ];
  try {
    certificateHashVerifier(hashes, () => now).verifyChain([certificate.raw], 'anything');
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof CertificateRejected);
    return error.rejection;
  }
}

test('a certificate is known by its hash, whatever it names', () => {
  assert.equal(verdict('twoWeeks', 'twoWeeks'), 'accepted');
  assert.equal(verdict('twoWeeks', 'month'), 'certificate_unknown');
});

test('a certificate known by its hash is valid now, for two weeks at most, and not of RSA', () => {
  assert.equal(verdict('twoWeeks', 'twoWeeks', 20), 'certificate_expired');
  assert.equal(verdict('twoWeeks', 'twoWeeks', -1), 'certificate_expired');
  assert.equal(verdict('month', 'month'), 'bad_certificate');
  assert.equal(verdict('rsa', 'rsa'), 'unsupported_certificate');
});

test('a hash may be given as a buffer or as a view of one', () => {
  const { raw, validFrom } = new X509Certificate(pem.twoWeeks);
  const digest = createHash('sha256').update(raw).digest();
  const padded = new Uint8Array([9, ...digest, 9]);
  for (const value of [new Uint8Array(digest).buffer, padded.subarray(1, 33)]) {
    const verifier = certificateHashVerifier([{ algorithm: 'SHA-256', value }], () =>
      Date.parse(validFrom),
    );
    verifier.verifyChain([raw], 'localhost');
  }
});
