// A QUIC server that sends back what each stream brings.
// usage: node examples/dist/echo-server.js [HOST:PORT]...
import { listen } from '@mpquic/endpoint';
import { InMemoryPskStore } from '@mpquic/tls';
import { utf8 } from '@mpquic/wire';

const addresses = process.argv.length > 2 ? process.argv.slice(2) : ['127.0.0.1:4433'];
const key = utf8('an example key: make your own');

const endpoint = await listen(
  (session) => {
    session.onstream = async (stream) => {
      for await (const chunks of stream) await stream.writer.writev(chunks);
      await stream.writer.end();
    };
  },
  {
    alpn: 'echo',
    psk: new InMemoryPskStore([{ identity: utf8('example'), key, hash: 'sha256', mode: 'raw' }]),
    endpoint: { addresses },
  },
);

for (const { host, port } of endpoint.addresses) {
  process.stdout.write(`listening on ${host}:${port}\n`);
}
process.once('SIGTERM', () => endpoint.destroy());
process.once('SIGINT', () => endpoint.destroy());
