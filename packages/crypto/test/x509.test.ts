import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import {
  CertificateRejected,
  type CertificateRejection,
  createX509Verifier,
  insecureVerifier,
  loadServerCertificate,
  readPemCertificates,
  type SignatureScheme,
} from '../src/index.ts';
import { pemChain, testCertificate, VALID_TIME } from './certificates.ts';

const verifier = createX509Verifier({
  rootsPem: pemChain('root'),
  currentTime: () => VALID_TIME,
});

function assertRejected(step: () => void, rejection: CertificateRejection): void {
  assert.throws(step, (error) => {
    assert.ok(error instanceof CertificateRejected, String(error));
    assert.equal(error.rejection, rejection, error.message);
    return true;
  });
}

const LEAVES: readonly (readonly [name: string, schemes: readonly SignatureScheme[]])[] = [
  ['leaf-p256', ['ecdsa_secp256r1_sha256']],
  ['leaf-p384', ['ecdsa_secp384r1_sha384']],
  ['leaf-ed25519', ['ed25519']],
  ['leaf-rsa2048', ['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512']],
];

for (const [name, schemes] of LEAVES) {
  test(`${name}: the chain is accepted, in any order, for all its names`, () => {
    for (const chain of [
      [name, 'intermediate'],
      [name, 'second', 'root', 'intermediate'],
    ]) {
      for (const serverName of ['upf.example', 'a.wild.example', '192.0.2.1', '::1']) {
        verifier.verifyChain(readPemCertificates(pemChain(...chain)), serverName);
      }
    }
  });

  test(`${name}: signs and verifies with ${schemes.join(', ')}`, () => {
    const { chain, key } = loadServerCertificate(
      pemChain(name, 'intermediate'),
      testCertificate(name).key,
    );
    assert.deepEqual(key.schemes, schemes);
    const certificate = chain[0] as Uint8Array;
    for (const scheme of schemes) {
      const signature = key.sign(scheme, utf8('content'));
      assert.ok(verifier.verifySignature(certificate, scheme, utf8('content'), signature));
      assert.ok(insecureVerifier.verifySignature(certificate, scheme, utf8('content'), signature));
      assert.ok(!verifier.verifySignature(certificate, scheme, utf8('other'), signature));
      signature[signature.length - 1] = (signature.at(-1) as number) ^ 1;
      assert.ok(!verifier.verifySignature(certificate, scheme, utf8('content'), signature));
      assert.ok(!verifier.verifySignature(certificate, scheme, utf8('content'), new Uint8Array(0)));
    }
    const others = LEAVES.flatMap(([, list]) => list).filter((s) => !schemes.includes(s));
    for (const scheme of others) {
      assert.ok(
        !verifier.verifySignature(certificate, scheme, utf8('content'), new Uint8Array(64)),
      );
    }
  });
}

for (const [why, rejection, chain, serverName] of [
  ['another name', 'certificate_unknown', ['leaf-p256', 'intermediate'], 'upf.example.org'],
  ['no name at all', 'certificate_unknown', ['leaf-p256', 'intermediate'], ''],
  ['another address', 'certificate_unknown', ['leaf-p256', 'intermediate'], '192.0.2.2'],
  [
    'a name in the subject only',
    'certificate_unknown',
    ['leaf-no-name', 'intermediate'],
    'leaf-no-name.example',
  ],
  ['no intermediate certificate', 'unknown_ca', ['leaf-p256'], 'upf.example'],
  ['self-signed', 'unknown_ca', ['self'], 'upf.example'],
  [
    'issued by a certificate that is no CA',
    'unknown_ca',
    ['leaf-below-leaf', 'leaf-p256', 'intermediate'],
    'upf.example',
  ],
  [
    'a path that is too long',
    'bad_certificate',
    ['leaf-too-deep', 'second', 'intermediate'],
    'upf.example',
  ],
  ['for clients', 'unsupported_certificate', ['leaf-client', 'intermediate'], 'upf.example'],
  [
    'an unknown critical extension',
    'unsupported_certificate',
    ['leaf-critical', 'intermediate'],
    'upf.example',
  ],
  [
    'critical name constraints',
    'unsupported_certificate',
    ['leaf-constrained', 'constrained'],
    'upf.example',
  ],
  ['RSA of 1024 bits', 'unsupported_certificate', ['leaf-rsa1024', 'intermediate'], 'upf.example'],
  ['P-521', 'unsupported_certificate', ['leaf-p521', 'intermediate'], 'upf.example'],
  ['signed with SHA-1', 'bad_certificate', ['leaf-sha1', 'intermediate'], 'upf.example'],
  ['expired', 'certificate_expired', ['leaf-day', 'intermediate'], 'upf.example'],
] as const) {
  test(`a certificate is refused: ${why}: ${rejection}`, () => {
    const certificates = readPemCertificates(pemChain(...chain));
    assertRejected(() => verifier.verifyChain(certificates, serverName), rejection);
    insecureVerifier.verifyChain(certificates, serverName);
  });
}

test('a chain before its time is refused', () => {
  const early = createX509Verifier({ rootsPem: pemChain('root'), currentTime: () => 0 });
  const chain = readPemCertificates(pemChain('leaf-p256', 'intermediate'));
  assertRejected(() => early.verifyChain(chain, 'upf.example'), 'certificate_expired');
});

test("a server's own certificate may be the trust anchor", () => {
  const pinned = createX509Verifier({
    rootsPem: pemChain('self'),
    currentTime: () => VALID_TIME,
  });
  pinned.verifyChain(readPemCertificates(pemChain('self')), 'upf.example');
  assertRejected(
    () => pinned.verifyChain(readPemCertificates(pemChain('self')), 'other.example'),
    'certificate_unknown',
  );
});

test('any octets in the place of a certificate are rejected, never another error', () => {
  const [leaf, intermediate] = readPemCertificates(pemChain('leaf-p256', 'intermediate'));
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 255 }), (at, octet) => {
      const changed = (leaf as Uint8Array).slice();
      const index = at % changed.length;
      fc.pre(changed[index] !== octet);
      changed[index] = octet;
      try {
        verifier.verifyChain([changed, intermediate as Uint8Array], 'upf.example');
        assert.fail('a changed certificate was accepted');
      } catch (error) {
        assert.ok(error instanceof CertificateRejected, String(error));
      }
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      assertRejected(() => verifier.verifyChain([bytes], 'upf.example'), 'bad_certificate');
    }),
    { numRuns: 50 },
  );
  assertRejected(() => verifier.verifyChain([], 'upf.example'), 'bad_certificate');
});

test('texts that are no certificate or no fitting key are refused in one line', () => {
  const { key } = testCertificate('leaf-p256');
  const chain = pemChain('leaf-p256');
  for (const load of [
    () => loadServerCertificate('', key),
    () =>
      loadServerCertificate('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', key),
    () => loadServerCertificate(chain, 'no key'),
    () => loadServerCertificate(chain, testCertificate('leaf-p384').key),
    () => loadServerCertificate(pemChain('leaf-p521'), testCertificate('leaf-p521').key),
    () => createX509Verifier({ rootsPem: '', currentTime: () => 0 }),
  ]) {
    assert.throws(load, (error) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.doesNotMatch(error.message, /\n|BEGIN/);
      return true;
    });
  }
});
