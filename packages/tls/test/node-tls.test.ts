/** Against Node's own TLS, which is OpenSSL, over streams in memory: a second implementation. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import * as nodeTls from 'node:tls';
import type { GroupName } from '@mpquic/crypto';
import { fromUtf8 } from '@mpquic/wire';
import {
  type CipherSuiteName,
  createClientHandshake,
  createServerHandshake,
} from '../src/index.ts';
import { clientParameters, serverParameters, testPsk } from './pair.ts';
import { TlsStream } from './record-layer.ts';

const psk = testPsk();
const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'] as const;
const CURVES: Readonly<Record<GroupName, string>> = {
  x25519: 'X25519',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
};

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

function nodeOptions(
  cipherSuite: CipherSuiteName,
  curves: string,
): nodeTls.CommonConnectionOptions & {
  ciphers: string;
  ecdhCurve: string;
} {
  return {
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: cipherSuite,
    ecdhCurve: curves,
    ALPNProtocols: ['test'],
  } as never;
}

for (const cipherSuite of suites) {
  for (const group of Object.keys(CURVES) as GroupName[]) {
    for (const retry of [false, true]) {
      const others = (Object.keys(CURVES) as GroupName[]).filter((other) => other !== group);
      const groups = retry ? [...others, group] : [group];
      const name = `${cipherSuite} ${group}${retry ? ' after a retry' : ''}`;

      test(`our client and Node's server: ${name}`, async () => {
        const keyLog: string[] = [];
        const server = nodeTls.createServer({
          ...nodeOptions(cipherSuite, CURVES[group]),
          pskCallback: (_socket, identity) =>
            identity === 'ue-1' ? (psk.key as Buffer) : (null as never),
        });
        server.on('keylog', (line: Buffer) => keyLog.push(line.toString().trim()));
        const stream: Duplex = nodeSide(() => client);
        const client: TlsStream = new TlsStream(
          createClientHandshake(
            clientParameters({
              transport: 'stream',
              keyLog: true,
              cipherSuites: [cipherSuite],
              groups,
            }),
          ),
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
        assert.equal(client.summary?.group, group);
        assert.equal(client.summary.alpn, 'test');
        assert.equal(socket.isSessionReused(), true);
        for (const line of client.keyLog) assert.ok(keyLog.includes(line), line);
        socket.destroy();
      });

      test(`Node's client and our server: ${name}`, async () => {
        const keyLog: string[] = [];
        const stream: Duplex = nodeSide(() => server);
        const server: TlsStream = new TlsStream(
          createServerHandshake(
            serverParameters({
              transport: 'stream',
              keyLog: true,
              cipherSuites: [cipherSuite],
              groups: [group],
            }),
          ),
          [psk],
          (bytes) => stream.push(bytes),
        );
        const socket = nodeTls.connect({
          ...nodeOptions(cipherSuite, groups.map((curve) => CURVES[curve]).join(':')),
          socket: stream,
          pskCallback: () => ({ psk: psk.key, identity: 'ue-1' }),
          checkServerIdentity: () => undefined,
        });
        socket.on('keylog', (line: Buffer) => keyLog.push(line.toString().trim()));
        await once(socket, 'secureConnect');
        await new Promise((done) => socket.write('from node', done));
        assert.equal(fromUtf8(server.received), 'from node');
        server.send('from us');
        const [data] = (await once(socket, 'data')) as [Buffer];
        assert.equal(data.toString(), 'from us');
        assert.equal(server.summary?.group, group);
        assert.equal(socket.alpnProtocol, 'test');
        for (const line of server.keyLog) assert.ok(keyLog.includes(line), line);
        socket.destroy();
      });
    }
  }
}
