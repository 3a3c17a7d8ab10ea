// Downloads over two paths, loses one of them in the middle, and loses nothing.
// usage: node examples/dist/two-paths.js        (server and client in one process, on loopback)
import { connect, listen, QuicEndpoint } from '@mpquic/endpoint';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import { formatAddress, utf8 } from '@mpquic/wire';

const LENGTH = 3_000_000;
const psk: ExternalPsk = {
  identity: utf8('example'),
  key: utf8('an example key: make your own'),
  hash: 'sha256',
  mode: 'raw',
};

const server = await listen(
  (session) => {
    session.onstream = (stream) => stream.setBody(new Uint8Array(LENGTH));
  },
  {
    alpn: 'example',
    psk: new InMemoryPskStore([psk]),
    endpoint: { addresses: ['127.0.0.1:0', '127.0.0.2:0'] },
  },
);
const [first, second] = server.addresses.map(formatAddress) as [string, string];

const endpoint = new QuicEndpoint();
const session = await connect(first, { alpn: 'example', psk, endpoint, local: '127.0.0.1' });
await session.openPath({ local: '127.0.0.2', remote: second });

const stream = await session.createBidirectionalStream({ body: 'go' });
let received = 0;
let cut = false;
for await (const chunks of stream) {
  for (const chunk of chunks) received += chunk.length;
  const [path] = session.paths;
  if (received > LENGTH / 2 && !cut && path !== undefined) {
    cut = true;
    endpoint.blackhole(path.local, true);
    process.stdout.write(`path ${path.id} cut after ${received} octets\n`);
  }
}
for (const { id, local, remote, bytesReceived } of session.paths) {
  const ends = `${formatAddress(local)} - ${formatAddress(remote)}`;
  process.stdout.write(`path ${id}  ${ends}  ${bytesReceived} octets received\n`);
}
process.stdout.write(`${received} of ${LENGTH} octets\n`);
await session.close();
await Promise.all([endpoint.close(), server.close()]);
