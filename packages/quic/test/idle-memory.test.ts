/** What connections take while nothing happens: measured on the JavaScript heap, both sides together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionEvent } from '../src/connection-event.ts';
import type { ConnectionMachine } from '../src/contract.ts';
import { CryptoStream } from '../src/streams/crypto-stream.ts';
import { collectGarbage } from './collect-garbage.ts';
import { Pair, PSK } from './connection-pair.ts';

/** Connections that are measured, beyond some that make what all share. */
const COUNT = 60;
const FIRST = 20;
/** Octets of both sides, with what the test keeps; 19,400 to 24,600 when this was written, 28,700 before. */
const LIMIT = 28_500;
const LIMIT_OF_STREAM = 4_000;

test('an idle connection with a finished handshake keeps little on the heap', async () => {
  const pair = new Pair();
  await openUpTo(pair, FIRST);
  const before = await heapInUse();
  await openUpTo(pair, FIRST + COUNT);
  const perConnection = ((await heapInUse()) - before) / COUNT;
  assert.ok(perConnection < LIMIT, `${Math.round(perConnection)} octets per connection`);
  // They are all still there and work.
  for (const connection of pair.client.machine.connections) assert.ok(!connection.closed);
  const stream = pair.client.connection.openStream('bidi') as number;
  pair.client.connection.writeStream(stream, PSK.identity, true);
  pair.until(() => pair.server.finished.has(stream));
});

/** Brings the connections to `count`, one after the other, and leaves them alone for a while. */
async function openUpTo(pair: Pair, count: number): Promise<void> {
  let confirmed: ConnectionMachine | undefined;
  const note = (connection: ConnectionMachine, event: ConnectionEvent): void => {
    if (event.type === 'handshake_confirmed') confirmed = connection;
  };
  pair.client.onEvent = note;
  if (pair.client.machine.connections.length === 1) pair.establish();
  while (pair.client.machine.connections.length < count) {
    const connection = pair.connect();
    pair.until(() => confirmed === connection, 5_000_000, 'the handshake');
  }
  pair.simulation.runFor(1_000_000);
  // What the test notes is not the connections'.
  pair.client.events.length = 0;
  pair.server.events.length = 0;
}

async function heapInUse(): Promise<number> {
  await collectGarbage();
  await collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('a few handshake octets take little memory', async () => {
  const datagram = new Uint8Array(1200);
  const measured: number[] = [];
  // What else comes onto the heap meanwhile, such as compiled code, is not the streams': the least of a few counts.
  for (let round = 0; round < 5; round++) {
    const before = await heapInUse();
    const streams = Array.from({ length: 100 }, () => new CryptoStream());
    for (const stream of streams) stream.receive(datagram, 20, 320, 0);
    measured.push(((await heapInUse()) - before) / streams.length);
    for (const stream of streams) assert.equal(stream.read()?.length, 300);
    if ((measured.at(-1) as number) < LIMIT_OF_STREAM) return;
  }
  assert.fail(`octets per stream: ${measured.map(Math.round).join(', ')}`);
});
