import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QuicStream } from '../src/stream.ts';
import { until } from './loopback.ts';
import { connectPair } from './session-pair.ts';

const chunk = new Uint8Array(65_536).fill(1);

/** Writes until the stream takes no more for a while; gives the octets taken. */
async function fill(stream: QuicStream): Promise<{ taken: number; blocked: Promise<void> }> {
  let taken = 0;
  for (;;) {
    const write = stream.writer.write(chunk);
    const pause = new Promise<'paused'>((resolve) => setTimeout(() => resolve('paused'), 100));
    if ((await Promise.race([write, pause])) === 'paused') return { taken, blocked: write };
    taken += chunk.length;
    assert.ok(taken < 64 << 20, 'the writer is never held back');
  }
}

test('a reader that does not read holds the writer back, and lets it go on', async () => {
  const pair = await connectPair({
    client: { connection: { streamSendBufferLimit: 1 << 18 } },
    server: {
      transportParams: { initialMaxData: 1 << 18, initialMaxStreamDataBidiRemote: 1 << 17 },
    },
  });
  const accepted: QuicStream[] = [];
  pair.server.onstream = (stream) => accepted.push(stream);
  const stream = await pair.client.createBidirectionalStream();
  const { taken, blocked } = await fill(stream);
  // The reader's window and the sender's buffer: nothing in between holds octets.
  assert.ok(taken <= (1 << 17) + (1 << 18) + 2 * chunk.length, `${taken} octets were taken`);
  assert.equal(stream.writer.writeSync(chunk), false);
  await until(() => accepted.length === 1, 'the stream');
  let received = 0;
  const reading = (async () => {
    for await (const chunks of accepted[0] as QuicStream) {
      for (const { length } of chunks) received += length;
    }
  })();
  await blocked;
  await stream.writer.end();
  await reading;
  assert.equal(received, taken + chunk.length);
  await pair.close();
});

test('what is written may be changed afterwards', async () => {
  const pair = await connectPair();
  const received = new Promise<Buffer>((resolve) => {
    pair.server.onstream = async (stream) => {
      const parts: Uint8Array[] = [];
      for await (const chunks of stream) parts.push(...chunks);
      resolve(Buffer.concat(parts));
    };
  });
  const stream = await pair.client.createUnidirectionalStream();
  const scratch = new Uint8Array(100_000);
  for (let value = 1; value <= 5; value++) {
    scratch.fill(value);
    await stream.writer.write(scratch);
  }
  assert.equal(await stream.writer.end(), 500_000);
  const expected = Buffer.concat([1, 2, 3, 4, 5].map((value) => Buffer.alloc(100_000, value)));
  assert.ok((await received).equals(expected));
  await pair.close();
});
