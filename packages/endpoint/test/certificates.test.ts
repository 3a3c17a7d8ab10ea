import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createX509Verifier, loadServerCertificate } from '@mpquic/crypto';
import { connectPair, echo, readAll } from './session-pair.ts';

interface Pem {
  readonly certificate: string;
  readonly key: string;
}

const file = new URL('../../test/vectors/certificates.json', import.meta.url);
const pem = JSON.parse(readFileSync(file, 'utf8')) as Record<
  'root' | 'intermediate' | 'leaf-p256',
  Pem
>;
const chain = pem['leaf-p256'].certificate + pem.intermediate.certificate;
const certificate = loadServerCertificate(chain, pem['leaf-p256'].key);
const trust = createX509Verifier({
  rootsPem: pem.root.certificate,
  currentTime: () => Date.UTC(2030, 0, 1),
});

test('a client without a PSK believes the certificate of the name it wants', async () => {
  const pair = await connectPair({
    onsession: echo,
    server: { certificate },
    client: { psk: [], trust, servername: 'upf.example' },
  });
  assert.equal(pair.client.psk, undefined);
  assert.equal(pair.server.servername, 'upf.example');
  const stream = await pair.client.createBidirectionalStream({ body: 'by certificate' });
  assert.equal((await readAll(stream)).toString(), 'by certificate');
  await pair.close();
});

test('it refuses another name, and a server refuses it where a PSK is required', async () => {
  const client = { psk: [], trust, servername: 'other.example' };
  await assert.rejects(connectPair({ server: { certificate }, client }), {
    type: 'transport',
    errorCode: 0x12en,
  });
  const required = connectPair({
    server: { certificate, requirePsk: true },
    client: { psk: [], trust, servername: 'upf.example' },
  });
  await assert.rejects(required, { type: 'transport', name: 'QuicError' });
});

test('a client with a PSK does not fall back to the certificate', async () => {
  const unknown = {
    identity: Uint8Array.of(1),
    key: new Uint8Array(32).fill(1),
    hash: 'sha256',
    mode: 'raw',
  } as const;
  const client = { psk: unknown, trust, servername: 'upf.example' };
  await assert.rejects(connectPair({ server: { certificate }, client }), { name: 'QuicError' });
});
