import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address, Datagram, Instant, Machine, Transmit } from '@mpquic/wire';
import { MachineSocket } from '../src/index.ts';

/** Sends a greeting, repeats it until it is answered, and answers what it gets. */
class Greeter implements Machine<string> {
  readonly #outgoing: { bytes: Uint8Array; to: Address }[] = [];
  readonly #events: string[] = [];
  #deadline: Instant | undefined;
  #peer: Address | undefined;

  greet(peer: Address, now: Instant): void {
    this.#peer = peer;
    this.#deadline = now + 20_000;
  }

  receiveDatagram({ payload, remote }: Datagram): void {
    const text = Buffer.from(payload).toString();
    this.#events.push(text);
    this.#deadline = undefined;
    if (text === 'hello') this.#outgoing.push({ bytes: Buffer.from('welcome'), to: remote });
  }

  handleTimeout(now: Instant): void {
    if (this.#peer === undefined || this.#deadline === undefined || now < this.#deadline) return;
    this.#outgoing.push({ bytes: Buffer.from('hello'), to: this.#peer });
    this.#deadline = now + 20_000;
  }

  nextTransmit(_now: Instant, into: Transmit): boolean {
    const next = this.#outgoing.shift();
    if (next === undefined) return false;
    into.buffer.set(next.bytes, into.start);
    into.length = next.bytes.length;
    into.remote = next.to;
    return true;
  }

  nextTimeout(): Instant | undefined {
    return this.#deadline;
  }

  nextEvent(): string | undefined {
    return this.#events.shift();
  }
}

test('two machines meet over real sockets, by timer and by datagram', async () => {
  const address = { host: '127.0.0.1', port: 0 };
  const one = new Greeter();
  const tapped: string[] = [];
  const server = await MachineSocket.open({
    address,
    machine: new Greeter(),
    onEvent: () => undefined,
  });
  const text = await new Promise<string>((resolve, reject) => {
    MachineSocket.open({
      address,
      machine: one,
      onEvent: resolve,
      tap: ({ direction, payload }) =>
        tapped.push(`${direction} ${Buffer.from(payload).toString()}`),
    }).then((client) => {
      one.greet(server.address, client.now());
      client.flush();
      setTimeout(() => client.close(), 200);
    }, reject);
  });
  server.close();
  assert.equal(text, 'welcome');
  assert.deepEqual(tapped, ['sent hello', 'received welcome']);
});
