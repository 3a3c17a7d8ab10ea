// The WebTransport of the W3C API over two paths, by PSK; one path is cut in the middle.
// usage: node examples/dist/webtransport.js     (server and client in one process, on loopback)
import { Http3Server, quicheLoaded, WebTransport } from '@fails-components/webtransport';
import { QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import { type Address, formatAddress, utf8 } from '@mpquic/wire';

const LENGTH = 2_000_000;
const psk: ExternalPsk = {
  identity: utf8('example'),
  key: utf8('an example key: make your own'),
  hash: 'sha256',
  mode: 'raw',
};

await quicheLoaded;

/** The server's second address, and the client's QUIC session, once there is one. */
let second: Address | undefined;
let quic: QuicSession | undefined;

const serverOptions = {
  host: '127.0.0.1',
  port: 0,
  secret: '',
  cert: '',
  privKey: '',
  quic: {
    psk: new InMemoryPskStore([psk]),
    requirePsk: true,
    endpoint: { addresses: ['127.0.0.1:0', '127.0.0.2:0'] },
    onsession: (session: QuicSession) => {
      second = session.endpoint?.addresses[1];
    },
  },
};
const server = new Http3Server(
  serverOptions as unknown as ConstructorParameters<typeof Http3Server>[0],
);
const sessions = server.sessionStream('/echo');
server.startServer();
await server.ready;

async function serve(): Promise<void> {
  for await (const session of sessions) {
    for await (const { readable, writable } of session.incomingBidirectionalStreams) {
      await readable.pipeTo(writable);
    }
  }
}
const serving = serve();

const endpoint = new QuicEndpoint();
const clientOptions = {
  requireUnreliable: true,
  quic: {
    psk,
    endpoint,
    local: '127.0.0.1',
    onsession: (session: QuicSession) => {
      quic = session;
    },
  },
};
const transport = new WebTransport(
  `https://127.0.0.1:${server.address()?.port}/echo`,
  clientOptions,
);
await transport.ready;
if (quic === undefined || second === undefined) throw new Error('no QUIC session');
await quic.openPath({ local: '127.0.0.2', remote: second });

const { readable, writable } = await transport.createBidirectionalStream();
const writer = writable.getWriter();
const written = writer.write(new Uint8Array(LENGTH)).then(() => writer.close());
let received = 0;
let cut = false;
for await (const chunk of readable) {
  received += chunk.length;
  const [path] = quic.paths;
  if (received > LENGTH / 2 && !cut && path !== undefined) {
    cut = true;
    endpoint.blackhole(path.local, true);
    process.stdout.write(`path ${path.id} cut after ${received} octets\n`);
  }
}
await written;
for (const { id, local, remote, bytesReceived } of quic.paths) {
  const ends = `${formatAddress(local)} - ${formatAddress(remote)}`;
  process.stdout.write(`path ${id}  ${ends}  ${bytesReceived} octets received\n`);
}
process.stdout.write(`${received} of ${LENGTH} octets came back\n`);
transport.close({ closeCode: 0, reason: 'done' });
await transport.closed;
server.stopServer();
await Promise.all([serving, endpoint.close(), server.closed]);
