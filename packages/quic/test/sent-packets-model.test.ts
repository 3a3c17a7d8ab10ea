import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SentPackets } from '../src/recovery/sent-packets.ts';
import { NEVER, Recorder } from './sent-packet-recorder.ts';

/** The same rules over plain objects. */
class Model {
  readonly packets: { inFlight: boolean; state: 'sent' | 'acknowledged' | 'lost' | 'skipped' }[] =
    [];
  largest = -1;

  outstanding(): number[] {
    return this.#numbers((packet) => packet.state === 'sent' && packet.inFlight);
  }

  acknowledge(first: number, last: number): number[] {
    const fresh = this.#numbers((packet) => packet.state !== 'acknowledged').filter(
      (number) => number >= first && number <= last,
    );
    for (const number of fresh) this.#set(number, 'acknowledged');
    this.largest = Math.max(this.largest, last);
    return fresh;
  }

  detectLost(threshold: number): number[] {
    const lost = this.outstanding().filter((number) => number <= this.largest - threshold);
    for (const number of lost) this.#set(number, 'lost');
    return lost;
  }

  valid(first: number, last: number): boolean {
    if (last >= this.packets.length) return false;
    return this.packets.slice(first, last + 1).every((packet) => packet.state !== 'skipped');
  }

  #numbers(test: (packet: Model['packets'][number]) => boolean): number[] {
    return this.packets.flatMap((packet, number) => (test(packet) ? [number] : []));
  }

  #set(number: number, state: Model['packets'][number]['state']): void {
    (this.packets[number] as Model['packets'][number]).state = state;
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      count: fc.integer({ min: 1, max: 12 }),
      inFlight: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('skip' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('ack' as const),
      back: fc.nat(40),
      length: fc.nat(20),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('detect' as const) }) },
);

test('property: agrees with the same rules over plain objects', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const packets = new SentPackets<string>();
      const model = new Model();
      const recorder = new Recorder();
      for (const action of steps) {
        if (action.type === 'send') {
          for (let i = 0; i < action.count; i++) {
            packets.add(0, 1000, action.inFlight, action.inFlight);
            model.packets.push({ inFlight: action.inFlight, state: 'sent' });
          }
        } else if (action.type === 'skip') {
          packets.skip();
          model.packets.push({ inFlight: false, state: 'skipped' });
        } else if (action.type === 'ack') {
          const first = Math.max(0, packets.nextNumber - 1 - action.back);
          const last = first + action.length;
          if (!model.valid(first, last)) continue;
          packets.acknowledge(first, last, recorder);
          const inFlight = recorder.acknowledged.filter((packet) => packet.ackEliciting);
          const wanted = model
            .acknowledge(first, last)
            .filter((number) => model.packets[number]?.inFlight);
          assert.deepEqual(
            inFlight.map(({ number }) => number),
            wanted,
          );
          recorder.take();
        } else {
          packets.detectLost(0, 1, 3, NEVER, recorder);
          assert.deepEqual(recorder.take().lost, model.detectLost(3));
        }
        const outstanding = model.outstanding();
        assert.equal(packets.outstanding, outstanding.length);
        assert.equal(packets.ackElicitingInFlight, outstanding.length);
        assert.equal(packets.largestAcknowledged, model.largest);
        assert.equal(packets.nextNumber, model.packets.length);
      }
      const rest: number[] = [];
      packets.takeOutstanding((packet) => rest.push(packet.number));
      assert.deepEqual(rest, model.outstanding());
    }),
    { numRuns: 300 },
  );
});
