import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTransmit, type Datagram } from '@mpquic/wire';
import { type HostedConnectionSet, SimulatedHost } from '../src/simulated-host.ts';

/** A connection that has a deadline, something to send once, and then events. */
class StubConnection {
  readonly timeouts: number[] = [];
  readonly #events: { type: string }[];
  readonly #deadline: number;
  #sent = false;

  constructor(deadline: number, ...events: string[]) {
    this.#deadline = deadline;
    this.#events = events.map((type) => ({ type }));
  }

  handleTimeout(now: number): void {
    this.timeouts.push(now);
  }

  nextTransmit(): boolean {
    if (this.#sent) return false;
    this.#sent = true;
    return true;
  }

  nextTimeout(): number | undefined {
    return this.timeouts.length === 0 ? this.#deadline : undefined;
  }

  nextEvent(): { type: string } | undefined {
    return this.#events.shift();
  }
}

test('a host serves its connections as one machine', () => {
  const accepted = [new StubConnection(30, 'opened', 'closed')];
  const added = new StubConnection(20);
  const removed: StubConnection[] = [];
  const host = new SimulatedHost<StubConnection, HostedConnectionSet<StubConnection>>({
    receiveDatagram: () => undefined,
    nextAccepted: () => accepted.pop(),
    nextTransmit: () => false,
    remove: (connection) => void removed.push(connection),
  });
  host.add(added);
  host.receiveDatagram({} as Datagram, 0);
  const [, came] = host.connections;
  assert.equal(host.connections.length, 2);

  assert.equal(host.nextTimeout(), 20);
  host.handleTimeout(25);
  assert.deepEqual([added.timeouts, came?.timeouts], [[25], []], 'only the one that is due');
  assert.equal(host.nextTimeout(), 30);

  const into = createTransmit(100);
  assert.deepEqual(
    [1, 2, 3].map(() => host.nextTransmit(30, into, 1)),
    [true, true, false],
  );
  assert.equal(host.nextEvent()?.event.type, 'opened');
  assert.deepEqual(removed, []);
  assert.equal(host.nextEvent()?.connection, came);
  assert.deepEqual(removed, [came]);
  assert.equal(host.nextEvent(), undefined);
});
