import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CryptoStream } from '../src/streams/crypto-stream.ts';
import { isTransportError } from './transport-error-check.ts';

test('handshake octets are put into order', () => {
  const stream = new CryptoStream();
  stream.receive(Uint8Array.of(0, 3, 4, 5, 0), 1, 4, 3);
  assert.equal(stream.hasGaps, true);
  assert.equal(stream.read(), undefined);
  stream.receive(Uint8Array.of(0, 1, 2, 3), 0, 4, 0);
  assert.equal(stream.hasGaps, false);
  const read = [...(stream.read() ?? []), ...(stream.read() ?? [])];
  assert.deepEqual(read, [0, 1, 2, 3, 4, 5]);
});

test('more than the buffer takes is CRYPTO_BUFFER_EXCEEDED, RFC 9000 §7.5', () => {
  const stream = new CryptoStream(4096);
  const data = new Uint8Array(4096);
  stream.receive(data, 0, 96, 4000);
  const isExceeded = isTransportError('CRYPTO_BUFFER_EXCEEDED');
  assert.throws(() => stream.receive(data, 0, 97, 4000), isExceeded);
  stream.receive(data, 0, 4000, 0);
  while (stream.read() !== undefined);
  stream.receive(data, 0, 4096, 4096);
  assert.throws(() => stream.receive(data, 0, 1, 8192), isExceeded);
});

test('more gaps than a handshake has end the connection', () => {
  const stream = new CryptoStream();
  for (let i = 1; i <= 256; i++) stream.receive(new Uint8Array(1), 0, 1, 2 * i);
  assert.throws(
    () => stream.receive(new Uint8Array(1), 0, 1, 2 * 257),
    isTransportError('INTERNAL_ERROR'),
  );
});

test('sent octets come again when lost, until acknowledged', () => {
  const stream = new CryptoStream();
  assert.equal(stream.hasFrame, false);
  stream.write(new Uint8Array(1000).fill(1));
  stream.write(new Uint8Array(200).fill(2));
  const take = (room: number): [number, number, number] => {
    assert.equal(stream.prepare(room), true);
    const data = new Uint8Array(stream.frameLength);
    stream.copyFrame(data, 0);
    const frame: [number, number, number] = [stream.frameOffset, data.length, data.at(-1) ?? -1];
    assert.equal(stream.frameStart, frame[0]);
    stream.commit();
    return frame;
  };
  assert.deepEqual(take(700), [0, 700, 1]);
  assert.deepEqual(take(700), [700, 500, 2]);
  assert.equal(stream.hasFrame, false);
  assert.equal(stream.isUnacknowledged, true);
  stream.lose({ offset: 0, length: 700 });
  assert.deepEqual(take(100), [0, 100, 1]);
  stream.acknowledge({ offset: 0, length: 700 });
  assert.equal(stream.hasFrame, false);
  stream.loseAll();
  assert.deepEqual(take(2000), [700, 500, 2]);
  stream.acknowledge({ offset: 700, length: 500 });
  assert.equal(stream.isUnacknowledged, false);
  stream.loseAll();
  assert.equal(stream.hasFrame, false);
});

test('discarding drops both directions', () => {
  const stream = new CryptoStream();
  stream.write(new Uint8Array(100));
  stream.receive(new Uint8Array(100), 0, 100, 0);
  stream.discard();
  assert.equal(stream.hasFrame, false);
  assert.equal(stream.read(), undefined);
});
