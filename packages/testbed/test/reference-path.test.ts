import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReferenceProtection } from '../src/bench/reference/reference-protection.ts';
import { ReferenceReceiver } from '../src/bench/reference/reference-receiver.ts';
import { ReferenceSender } from '../src/bench/reference/reference-sender.ts';

/** Sender and receiver without sockets; `drop` names packets that never arrive. */
function runPath(turns: number, drop: ReadonlySet<number>) {
  const queue: Uint8Array[] = [];
  const ours = new ReferenceProtection('sender');
  const theirs = new ReferenceProtection('receiver');
  const sender = new ReferenceSender(1350, 2, (packet, length, packetNumber) => {
    if (!drop.has(packetNumber)) queue.push(ours.seal(packet, length, packetNumber));
  });
  let delivered = 0;
  const receiver = new ReferenceReceiver((octets) => {
    delivered += octets.length;
  });
  const acknowledgement = new Uint8Array(400);
  for (let turn = 0; turn < turns; turn++) {
    sender.pump();
    for (const packet of queue.splice(0)) {
      assert.equal(packet.length, 1350);
      receiver.receive(theirs.open(packet), theirs.packetNumber);
    }
    const length = receiver.writeAcknowledgement(acknowledgement, turn);
    sender.acknowledged(ours.open(theirs.seal(acknowledgement, length, turn)), 0);
  }
  return { sender, receiver, delivered };
}

test('the bare data path carries everything in order, its window open again after each ACK', () => {
  const { sender, receiver, delivered } = runPath(40, new Set());
  assert.equal(sender.packetsSent, 40 * 512);
  assert.equal(receiver.packetsReceived, 40 * 512);
  assert.equal(sender.packetsLost, 0);
  assert.ok(delivered > 40 * 512 * 1290);
});

test('the bare data path gives up lost packets and goes on', () => {
  const { sender, receiver } = runPath(20, new Set([5, 6, 700, 1400]));
  assert.equal(sender.packetsLost, 4);
  assert.equal(receiver.packetsReceived, sender.packetsSent - 4);
});

test('a packet that was changed is not opened', () => {
  const packet = new ReferenceProtection('sender').seal(new Uint8Array(100), 100, 0);
  packet[50] = (packet[50] as number) ^ 1;
  assert.throws(() => new ReferenceProtection('receiver').open(packet));
});
