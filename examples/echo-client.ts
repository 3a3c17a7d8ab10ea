// Sends a line to the echo server and prints what comes back.
// usage: node examples/dist/echo-client.js [HOST:PORT] [TEXT]
import { connect } from '@mpquic/endpoint';
import { fromUtf8, utf8 } from '@mpquic/wire';

const [address = '127.0.0.1:4433', text = 'hello'] = process.argv.slice(2);
const key = utf8('an example key: make your own');

const session = await connect(address, {
  alpn: 'echo',
  psk: { identity: utf8('example'), key, hash: 'sha256', mode: 'raw' },
});
const { cipher, group } = await session.opened;
process.stdout.write(`connected: ${cipher}, ${group}\n`);

const stream = await session.createBidirectionalStream({ body: text });
for await (const chunks of stream) {
  for (const chunk of chunks) process.stdout.write(fromUtf8(chunk));
}
process.stdout.write('\n');
await session.close();
