import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TransportError } from '../src/transport-error.ts';
import { FrameReader } from '../src/wire/frame-reader.ts';
import type { Frame } from '../src/wire/frames.ts';
import { SoleStreamFrame } from '../src/wire/sole-stream-frame.ts';

/** All frames of a payload, or undefined where one is refused. */
function framesOf(payload: Uint8Array): readonly Frame[] | undefined {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  try {
    reader.begin('application', payload, 0, payload.length);
    for (let frame = reader.next(); frame; frame = reader.next()) frames.push({ ...frame });
    return frames;
  } catch (error) {
    assert.ok(error instanceof TransportError);
    return undefined;
  }
}

/** Octets that often begin as a STREAM frame does. */
const payload = fc
  .tuple(
    fc.integer({ min: 0x06, max: 0x10 }),
    fc.array(fc.oneof(fc.constantFrom(0x00, 0x04, 0x1e, 0x40, 0x80, 0xc0), fc.nat(255)), {
      minLength: 20,
      maxLength: 40,
    }),
  )
  .map(([type, rest]) => Uint8Array.of(type, ...rest));

test('whatever is read as a sole STREAM frame is one, and the frame reader reads the same', () => {
  let read = 0;
  fc.assert(
    fc.property(payload, (octets) => {
      const frame = new SoleStreamFrame();
      if (!frame.read(octets, 0, octets.length)) return;
      read += 1;
      const frames = framesOf(octets);
      assert.equal(frames?.length, 1);
      const [sole] = frames;
      assert.ok(sole?.type === 'stream' && !sole.fin);
      const { streamId, offset, dataStart, length } = frame;
      assert.deepEqual([streamId, offset], [sole.streamId, sole.offset]);
      assert.deepEqual([dataStart, dataStart + length], [sole.dataStart, sole.dataEnd]);
      assert.equal(dataStart + length, octets.length);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(read > 100, `${read} were read`);
});

test('FIN, another frame behind it, no data and an offset of 2^53 are for the frame reader', () => {
  const data = new Array(30).fill(7);
  const is = (...octets: readonly number[]): boolean =>
    new SoleStreamFrame().read(Uint8Array.from(octets), 0, octets.length);
  assert.equal(is(0x08, 4, ...data), true);
  assert.equal(is(0x09, 4, ...data), false);
  assert.equal(is(0x0a, 4, 30, ...data), true);
  assert.equal(is(0x0a, 4, 29, ...data), false);
  assert.equal(is(0x0a, 4, 31, ...data), false);
  assert.equal(is(0x0c, 4, 0xc0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...data), true);
  assert.equal(is(0x0c, 4, 0xc0, 0x20, 0, 0, 0, 0, 0, 0, ...data), false);
});
