import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnvelopeError, EnvelopeSplitter, writeEnvelope } from '@mpquic/nas';
import { concatBytes } from '@mpquic/wire';
import fc from 'fast-check';

test('messages come out whole however the stream is cut', () => {
  const message = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(200)), (messages, cuts) => {
      const stream = concatBytes(...messages.map(writeEnvelope));
      const edges = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length];
      edges.sort((a, b) => a - b);
      const splitter = new EnvelopeSplitter();
      const received: Uint8Array[] = [];
      let at = 0;
      for (const edge of edges) {
        received.push(...splitter.receive(stream.slice(at, edge)));
        at = edge;
      }
      assert.deepEqual(
        received.map((octets) => [...octets]),
        messages.map((octets) => [...octets]),
      );
    }),
  );
});

test('an empty message and one above the cap end the connection', () => {
  assert.throws(() => new EnvelopeSplitter().receive(Uint8Array.of(0, 0)), EnvelopeError);
  const splitter = new EnvelopeSplitter(100);
  assert.equal(splitter.receive(writeEnvelope(new Uint8Array(100))).length, 1);
  assert.throws(() => splitter.receive(Uint8Array.of(0, 101)), EnvelopeError);
});

test('a message that no envelope holds is refused', () => {
  assert.throws(() => writeEnvelope(new Uint8Array(0)), EnvelopeError);
  assert.throws(() => writeEnvelope(new Uint8Array(65536)), EnvelopeError);
});
