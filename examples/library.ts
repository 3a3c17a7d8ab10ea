// The example of README.md: a test compares the two.
import { connect, listen } from '@mpquic/endpoint';
import { InMemoryPskStore } from '@mpquic/tls';
import { fromUtf8, utf8 } from '@mpquic/wire';

const key = crypto.getRandomValues(new Uint8Array(32));
const psk = { identity: utf8('ue-1'), key, hash: 'sha256', mode: 'raw' } as const;

const server = await listen(
  (session) => {
    session.onstream = (stream) => stream.setBody('hello over two paths');
  },
  { alpn: 'demo', psk: new InMemoryPskStore([psk]), endpoint: { address: '127.0.0.1:0' } },
);

const address = `127.0.0.1:${server.address?.port}`;
const session = await connect(address, { alpn: 'demo', psk, local: '127.0.0.1' });
await session.openPath({ local: '127.0.0.2' });
const stream = await session.createBidirectionalStream({ body: 'hello?' });
for await (const chunks of stream) for (const chunk of chunks) console.log(fromUtf8(chunk));
for (const path of session.paths) console.log(path.id, path.local.host, path.state);
await session.close();
await server.close();
