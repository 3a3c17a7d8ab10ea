// Sends a text over UDP, again and again for ten seconds, until it comes back.
// usage: node scripts/udp-echo.mjs HOST:PORT TEXT
import { createSocket } from 'node:dgram';

const [address = '', text = 'hello'] = process.argv.slice(2);
const [host, port] = address.split(':');
const socket = createSocket('udp4');
const started = performance.now();

socket.on('message', (answer) => {
  if (answer.toString() !== text) return;
  const milliseconds = (performance.now() - started).toFixed(0);
  process.stdout.write(`ok     "${text}" came back after ${milliseconds} ms\n`);
  process.exit(0);
});
setTimeout(() => {
  process.stdout.write(`FAILED "${text}" does not come back\n`);
  process.exit(1);
}, 10_000);
const send = () => socket.send(text, Number(port), host);
setInterval(send, 500);
send();
