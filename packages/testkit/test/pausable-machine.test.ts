import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTransmit, type Datagram, type Machine } from '@mpquic/wire';
import { PausableMachine } from '../src/pausable-machine.ts';

/** A machine that notes what it is told. */
class NotedMachine implements Machine<string> {
  readonly notes: string[] = [];

  receiveDatagram({ payload }: Datagram, now: number): void {
    this.notes.push(`${payload[0]} at ${now}`);
  }

  handleTimeout(now: number): void {
    this.notes.push(`timeout at ${now}`);
  }

  nextTransmit(): boolean {
    return true;
  }

  nextTimeout(): number | undefined {
    return 7;
  }

  nextEvent(): string | undefined {
    return 'event';
  }
}

test('a process that does not run does nothing, and reads what its socket kept when it goes on', () => {
  const machine = new NotedMachine();
  const process = new PausableMachine(machine, 2);
  const datagram = (octet: number): Datagram => {
    const address = { host: '10.0.0.1', port: 1 };
    return { local: address, remote: address, payload: Uint8Array.of(octet) };
  };
  const asks = () => [
    process.nextTransmit(1, createTransmit(10), 1),
    process.nextTimeout(),
    process.nextEvent(),
  ];
  process.receiveDatagram(datagram(1), 1);
  assert.deepEqual(asks(), [true, 7, 'event']);
  process.pause();
  for (const octet of [2, 3, 4]) process.receiveDatagram(datagram(octet), 2);
  process.handleTimeout(7);
  assert.deepEqual(asks(), [false, undefined, undefined]);
  assert.equal(process.dropped, 1);
  process.resume(9);
  process.handleTimeout(9);
  assert.deepEqual(machine.notes, ['1 at 1', '2 at 9', '3 at 9', 'timeout at 9']);
  assert.deepEqual(asks(), [true, 7, 'event']);
});
