import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionHandler } from '../src/driven-connection.ts';
import { until } from './loopback.ts';
import { connectPair } from './session-pair.ts';

const WINDOW = 1000;

test('window that a handler opens by reading is announced though it wakes nobody', async () => {
  let announced = 0;
  const pair = await connectPair({
    client: {
      observer: () => ({
        packetReceived({ frames }) {
          for (const frame of frames) {
            if (frame.type === 'max_stream_data') announced = Math.max(announced, frame.maximum);
          }
        },
      }),
    },
    server: {
      // No delayed ACK takes the frame along, nor does the client ask: it stays within the window.
      transportParams: { initialMaxStreamDataBidiRemote: WINDOW, maxAckDelay: 16_000 },
    },
  });
  let received = 0;
  const reader: ConnectionHandler = {
    connectionEvent(event) {
      if (event.type === 'stream_readable') {
        received += driven.machine.readStream(event.streamId)?.data.length ?? 0;
      }
    },
  };
  const driven = pair.server.handOver(reader);
  await Promise.all([pair.client.confirmed, pair.server.confirmed]);
  const stream = await pair.client.createBidirectionalStream();
  await stream.writer.write(new Uint8Array(WINDOW));
  await until(() => received === WINDOW, 'the window is read');
  await until(() => announced > WINDOW, 'more window is announced');
  assert.ok(announced >= 2 * WINDOW, `${announced}`);
  await pair.close();
});
