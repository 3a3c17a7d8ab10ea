#!/usr/bin/env node
// One end of a TCP flow without end: `tcp-flow.mjs source HOST PORT` sends to whoever connects, `sink HOST PORT` takes.
import { connect, createServer } from 'node:net';

const [role, host, port] = process.argv.slice(2);
const block = new Uint8Array(65_536);

function send(socket) {
  socket.on('error', () => undefined);
  socket.on('drain', fill);
  function fill() {
    while (!socket.destroyed && socket.write(block));
  }
  fill();
}

if (role === 'source') {
  createServer(send).listen(Number(port), host, () => {
    process.stdout.write('{"event":"listening"}\n');
  });
} else {
  connect(Number(port), host, () => process.stdout.write('{"event":"connected"}\n')).resume();
}
