import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  cloneFrame,
  type Frame,
  FrameReader,
  frameLength,
  TransportError,
  writeFrame,
} from '../src/index.ts';
import { anyFrame } from './frame-arbitrary.ts';

function encode(frames: readonly Frame[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frameLength(frame), 0));
  let at = 0;
  for (const frame of frames) {
    const next = writeFrame(frame, bytes, at);
    assert.equal(next - at, frameLength(frame), `length of ${frame.type}`);
    at = next;
  }
  return bytes;
}

test('every frame survives its encoding', () => {
  const reader = new FrameReader();
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 6 }), (frames) => {
      const bytes = encode(frames);
      reader.begin('application', bytes, 0, bytes.length);
      const read: Frame[] = [];
      for (let frame = reader.next(); frame; frame = reader.next()) read.push(cloneFrame(frame));
      assert.deepEqual(read, mergePadding(frames.map(cloneFrame)));
    }),
    { numRuns: 500 },
  );
});

test('any octets are frames or a transport error', () => {
  const reader = new FrameReader();
  const header = fc.constantFrom([], [0x02], [0x08], [0x0f], [0x1c], [0x18], [0x3e], [0x7e, 0x78]);
  fc.assert(
    fc.property(header, fc.uint8Array({ minLength: 1, maxLength: 80 }), (head, tail) => {
      const bytes = Uint8Array.from([...head, ...tail]);
      reader.begin('application', bytes, 0, bytes.length);
      try {
        while (reader.next());
      } catch (error) {
        assert.ok(error instanceof TransportError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

function mergePadding(frames: readonly Frame[]): Frame[] {
  const merged: Frame[] = [];
  for (const frame of frames) {
    const last = merged.at(-1);
    if (frame.type === 'padding' && last?.type === 'padding') {
      merged[merged.length - 1] = { type: 'padding', length: last.length + frame.length };
    } else {
      merged.push(frame);
    }
  }
  return merged;
}
