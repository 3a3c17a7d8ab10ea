import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createX509Verifier, loadServerCertificate } from '@mpquic/crypto';
import { connect } from '../src/connect.ts';
import { decodeSessionTicket, encodeSessionTicket } from '../src/session-ticket.ts';
import { until } from './loopback.ts';
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

test('a session is resumed by its ticket, and shows no certificate', async () => {
  const server = { certs: chain, keys: pem['leaf-p256'].key };
  let ticket: Uint8Array | undefined;
  const first = await connectPair({
    server,
    client: { psk: [], trust, servername: 'upf.example', onsessionticket: (one) => (ticket = one) },
  });
  await until(() => ticket !== undefined, 'a ticket');
  assert.equal((await first.client.opened).resumed, false);
  const { address } = first.serverEndpoint;
  assert.ok(address && ticket);
  const again = await connect(address, {
    alpn: 'test',
    psk: [],
    trust,
    servername: 'upf.example',
    sessionTicket: ticket,
    local: '127.0.0.1',
  });
  const info = await again.opened;
  assert.equal(info.resumed, true);
  assert.equal(info.psk, undefined);
  assert.equal(again.handshake?.certificate, undefined);
  again.destroy();
  await first.close();
});

test('options that cannot be used are refused in one line', async () => {
  const wrong = { name: 'QuicError', code: 'ERR_INVALID_ARG_VALUE' };
  await assert.rejects(connectPair({ server: { certs: chain } }), wrong);
  await assert.rejects(connectPair({ server: { certs: 'no PEM', keys: 'no PEM' } }), wrong);
  const options = { alpn: 'test', local: '127.0.0.1' };
  await assert.rejects(connect('127.0.0.1:9', { ...options, ca: 'no PEM' }), wrong);
  const sessionTicket = Uint8Array.of(1, 2, 3);
  await assert.rejects(connect('127.0.0.1:9', { ...options, sessionTicket }), wrong);
});

test('octets of a ticket that are cut short or changed are refused, never misread', () => {
  const ticket = {
    identity: Uint8Array.of(1, 2, 3),
    key: new Uint8Array(32).fill(7),
    cipherSuite: 'TLS_AES_128_GCM_SHA256',
    lifetime: 7200,
    ageAdd: 5,
    alpn: 'test',
    serverName: 'upf.example',
    maxEarlyDataSize: 0,
  } as const;
  const version = 'v2';
  const parameters = Uint8Array.of(4, 1, 7);
  const octets = encodeSessionTicket({ ticket, version, parameters }, 1_000_000);
  assert.deepEqual(decodeSessionTicket(octets, 1_002_000), {
    ticket,
    version,
    parameters,
    age: 2000,
  });
  for (let length = 0; length < octets.length; length++) {
    assert.throws(() => decodeSessionTicket(octets.subarray(0, length), 0), { name: 'QuicError' });
  }
});

test('0-RTT: a request of a resumed session arrives with the first flight, and says that it is early', async () => {
  const tickets: Uint8Array[] = [];
  const early: boolean[] = [];
  const server = { certificate, earlyData: true } as const;
  const base = { psk: [], trust, servername: 'upf.example' } as const;
  const first = await connectPair({
    onsession: echo,
    server,
    client: { ...base, onsessionticket: (ticket) => tickets.push(ticket) },
  });
  await until(() => tickets.length > 0, 'a ticket');
  first.server.onstream = undefined;
  const endpoint = first.serverEndpoint;
  const [sessionTicket] = tickets;
  const again = await connect(`127.0.0.1:${endpoint.address?.port}`, {
    ...base,
    alpn: 'test',
    local: '127.0.0.1',
    earlyData: true,
    sessionTicket,
  });
  const stream = await again.createBidirectionalStream({ body: 'early' });
  early.push(stream.early);
  assert.equal((await readAll(stream)).toString(), 'early');
  const info = await again.opened;
  assert.equal(info.earlyDataAttempted, true);
  assert.equal(info.earlyDataAccepted, true);
  assert.deepEqual(early, [true]);
  await again.close();
  await first.close();
});

test('QUIC v2: a server that prefers it moves a client there', async () => {
  const pair = await connectPair({
    onsession: echo,
    server: { versions: ['v2', 'v1'] },
    client: { versions: ['v1', 'v2'] },
  });
  assert.equal((await pair.client.opened).version, 'v2');
  assert.equal(pair.server.version, 'v2');
  await pair.close();
});
