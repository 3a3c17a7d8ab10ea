/** Against Node's own TLS, which is OpenSSL, over streams in memory: a second implementation. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import * as nodeTls from 'node:tls';
import { nodeCryptoProvider as crypto, type GroupName } from '@mpquic/crypto';
import { fromUtf8 } from '@mpquic/wire';
import {
  type CipherSuiteName,
  type ClientHandshakeParameters,
  createClientHandshake,
  createServerHandshake,
  type ExternalPsk,
  SealingKeys,
  type ServerHandshakeParameters,
  type SessionTicket,
} from '../src/index.ts';
import { pem, serverCertificate, testTrust } from './certificates.ts';
import { clientParameters, serverParameters, testPsk } from './pair.ts';
import { TlsStream } from './record-layer.ts';

const psk = testPsk();
const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const satisfies CipherSuiteName[];
const CURVES: Readonly<Record<GroupName, string>> = {
  x25519: 'X25519',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
};

const ONLY_TLS_1_3 = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ALPNProtocols: ['test'],
} as const;

/** What Node writes goes to `ours`; `push` is what Node reads. */
function nodeSide(ours: () => TlsStream): Duplex {
  return new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      ours().receive(chunk);
      done();
    },
  });
}

/** Our client and Node's server greet each other. */
async function clientToNode(
  server: nodeTls.Server,
  parameters: Partial<ClientHandshakeParameters>,
): Promise<{ client: TlsStream; reused: boolean }> {
  const keyLog: string[] = [];
  server.on('keylog', (line: Buffer) => keyLog.push(line.toString().trim()));
  const stream: Duplex = nodeSide(() => client);
  const client: TlsStream = new TlsStream(
    createClientHandshake(clientParameters({ transport: 'stream', keyLog: true, ...parameters })),
    [],
    (bytes) => stream.push(bytes),
  );
  const connected = once(server, 'secureConnection') as Promise<[nodeTls.TLSSocket]>;
  server.emit('connection', stream);
  client.start();
  const [socket] = await connected;
  client.send('from us');
  const [data] = (await once(socket, 'data')) as [Buffer];
  assert.equal(data.toString(), 'from us');
  await new Promise((done) => socket.write('from node', done));
  assert.equal(fromUtf8(client.received), 'from node');
  for (const line of client.keyLog) assert.ok(keyLog.includes(line), line);
  assert.equal(client.summary?.alpn, 'test');
  const reused = socket.isSessionReused();
  socket.destroy();
  return { client, reused };
}

/** Node's client and our server greet each other. */
async function nodeToServer(
  options: nodeTls.ConnectionOptions,
  parameters: Partial<ServerHandshakeParameters>,
  psks: readonly ExternalPsk[] = [],
): Promise<{ server: TlsStream; reused: boolean; session: Buffer | undefined }> {
  const keyLog: string[] = [];
  const stream: Duplex = nodeSide(() => server);
  const server: TlsStream = new TlsStream(
    createServerHandshake(serverParameters({ transport: 'stream', keyLog: true, ...parameters })),
    psks,
    (bytes) => stream.push(bytes),
  );
  const socket = nodeTls.connect({ ...ONLY_TLS_1_3, ...options, socket: stream });
  let session: Buffer | undefined;
  socket.on('session', (ticket: Buffer) => {
    session = ticket;
  });
  socket.on('keylog', (line: Buffer) => keyLog.push(line.toString().trim()));
  await once(socket, 'secureConnect');
  await new Promise((done) => socket.write('from node', done));
  assert.equal(fromUtf8(server.received), 'from node');
  server.send('from us');
  const [data] = (await once(socket, 'data')) as [Buffer];
  assert.equal(data.toString(), 'from us');
  for (const line of server.keyLog) assert.ok(keyLog.includes(line), line);
  assert.equal(socket.alpnProtocol, 'test');
  const reused = socket.isSessionReused();
  socket.destroy();
  return { server, reused, session };
}

for (const cipherSuite of suites) {
  for (const group of Object.keys(CURVES) as GroupName[]) {
    for (const retry of [false, true]) {
      const others = (Object.keys(CURVES) as GroupName[]).filter((other) => other !== group);
      const groups = retry ? [...others, group] : [group];
      const name = `${cipherSuite} ${group}${retry ? ' after a retry' : ''}`;

      test(`our client and Node's server by external PSK: ${name}`, async () => {
        const server = nodeTls.createServer({
          ...ONLY_TLS_1_3,
          ciphers: cipherSuite,
          ecdhCurve: CURVES[group],
          pskCallback: (_socket, identity) =>
            identity === 'ue-1' ? Buffer.from(psk.key) : Buffer.alloc(0),
        });
        const { client, reused } = await clientToNode(server, {
          cipherSuites: [cipherSuite],
          groups,
        });
        assert.equal(client.summary?.group, group);
        assert.equal(reused, true);
      });

      test(`Node's client and our server by external PSK: ${name}`, async () => {
        const { server } = await nodeToServer(
          {
            ciphers: cipherSuite,
            ecdhCurve: groups.map((curve) => CURVES[curve]).join(':'),
            pskCallback: () => ({ psk: psk.key, identity: 'ue-1' }),
            checkServerIdentity: () => undefined,
          },
          { cipherSuites: [cipherSuite], groups: [group] },
          [psk],
        );
        assert.equal(server.summary?.group, group);
      });
    }
  }
}

// Node looks at the clock, and its part here is the signature, not the dates.
const nodeClient = { rejectUnauthorized: false, servername: 'upf.example' } as const;
const ourClient = { psks: [], trust: testTrust, serverName: 'upf.example' } as const;

function nodeServer(name: string): nodeTls.Server {
  const { certificate, key } = pem(name);
  return nodeTls.createServer({
    ...ONLY_TLS_1_3,
    cert: certificate + pem('intermediate').certificate,
    key,
  });
}

for (const name of ['leaf-p256', 'leaf-p384', 'leaf-ed25519', 'leaf-rsa2048']) {
  test(`our client and Node's server by certificate: ${name}`, async () => {
    for (const cipherSuite of [...suites, 'TLS_AES_256_GCM_SHA384'] as const) {
      const { client } = await clientToNode(nodeServer(name), {
        ...ourClient,
        cipherSuites: [cipherSuite],
      });
      assert.equal(client.summary?.cipherSuite, cipherSuite);
      assert.ok(client.summary.certificate !== undefined);
    }
  });

  test(`Node's client and our server by certificate: ${name}`, async () => {
    const { server } = await nodeToServer(nodeClient, { certificate: serverCertificate(name) });
    assert.equal(server.summary?.serverName, 'upf.example');
  });
}

test("a session of Node's server is resumed, behind a retry too", async () => {
  const server = nodeServer('leaf-p256');
  const first = await clientToNode(server, ourClient);
  const [ticket, another] = first.client.tickets as [SessionTicket, SessionTicket];
  for (const [session, groups] of [
    [{ ticket, age: 5 }, ['x25519']],
    [{ ticket: another, age: 5 }, ['secp384r1', 'x25519']],
  ] as const) {
    const { client, reused } = await clientToNode(server, { ...ourClient, session, groups });
    assert.equal(client.summary?.resumed, true);
    assert.equal(reused, true);
  }
});

test("Node's client resumes a session of our server", async () => {
  const now = Date.UTC(2030, 0, 1);
  const keys = new SealingKeys({ crypto, currentTime: () => now });
  const parameters = { certificate: serverCertificate(), tickets: { keys } };
  const { session } = await nodeToServer(nodeClient, parameters);
  assert.ok(session !== undefined);
  const resumed = await nodeToServer({ ...nodeClient, session }, parameters);
  assert.equal(resumed.server.summary?.resumed, true);
  assert.equal(resumed.reused, true);
});
