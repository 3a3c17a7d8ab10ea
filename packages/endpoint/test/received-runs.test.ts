import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeCryptoProvider, nativeStatus } from '@mpquic/native';
import { type ConnectionMachine, createConnectionSet } from '@mpquic/quic';
import { type Address, createTransmit, type DatagramRun, utf8 } from '@mpquic/wire';

const crypto = nativeCryptoProvider();
const skip = crypto === undefined ? nativeStatus.reason : false;
const CLIENT: Address = { host: '10.1.0.1', port: 1111 };
const SERVER: Address = { host: '10.9.0.1', port: 4433 };
const PSK = {
  identity: utf8('ue'),
  key: new Uint8Array(32).fill(9),
  hash: 'sha256',
  mode: 'raw',
} as const;
const STEP = 1_000;

/** Two machines, joined by a wire that hands over runs of datagrams as a native socket does. */
class Wire {
  now = 1;
  server: ConnectionMachine | undefined;
  readonly client: ConnectionMachine;
  /** Of the runs to the client: changes their octets. */
  spoil: (buffer: Uint8Array, segmentSize: number) => void = () => undefined;
  readonly received: number[] = [];
  confirmed = false;
  longestRun = 0;
  mostTaken = 0;
  readonly #clientSet = createConnectionSet();
  readonly #serverSet = createConnectionSet();
  readonly #slab = new Uint8Array(65_536);
  readonly #transmit = createTransmit(65_536);
  #serial = 0;

  constructor() {
    assert.ok(crypto);
    const config = { crypto, random: crypto.random, alpn: ['test'] };
    this.#serverSet.listen({ ...config, requirePsk: true });
    this.client = this.#clientSet.connect(
      { ...config, psks: [PSK], local: CLIENT, remote: SERVER },
      0,
    );
  }

  run(until: () => boolean): void {
    for (let i = 0; i < 1000 && !until(); i++) {
      this.now += STEP;
      for (const machine of [this.client, this.server]) {
        const timeout = machine?.nextTimeout();
        if (timeout !== undefined && timeout <= this.now) machine?.handleTimeout(this.now);
        if (machine !== undefined) while (this.#carry(machine)) this.#takeEvents();
      }
      this.#takeEvents();
    }
    assert.ok(until());
  }

  #carry(from: ConnectionMachine): boolean {
    const transmit = this.#transmit;
    if (!from.nextTransmit(this.now, transmit, 20)) return false;
    const { start, length, segmentSize, datagrams } = transmit;
    const buffer = this.#slab;
    buffer.set(transmit.buffer.subarray(start, start + length));
    const fromClient = from === this.client;
    if (!fromClient) this.spoil(buffer.subarray(0, length), segmentSize);
    this.longestRun = Math.max(this.longestRun, datagrams);
    this.#serial += 1;
    const set = fromClient ? this.#serverSet : this.#clientSet;
    const [local, remote] = fromClient ? [SERVER, CLIENT] : [CLIENT, SERVER];
    for (let at = 0, taken = 1; at < length; at += taken * segmentSize) {
      const payload = buffer.subarray(at, Math.min(at + segmentSize, length));
      const serial = this.#serial;
      const run: DatagramRun = { serial, buffer, at, segmentSize, end: length, taken: 1 };
      set.receiveDatagram({ local, remote, payload, run }, this.now);
      this.server ??= this.#serverSet.nextAccepted();
      taken = run.taken;
      this.mostTaken = Math.max(this.mostTaken, taken);
    }
    return true;
  }

  #takeEvents(): void {
    for (let event = this.server?.nextEvent(); event; event = this.server?.nextEvent()) {
      if (event.type === 'psk_lookup') this.server?.answerPskLookup([PSK], this.now);
    }
    for (let event = this.client.nextEvent(); event; event = this.client.nextEvent()) {
      if (event.type === 'handshake_confirmed') this.confirmed = true;
      if (event.type !== 'stream_readable') continue;
      for (let chunk = this.client.readStream(event.streamId); chunk; ) {
        this.received.push(...chunk.data);
        chunk = this.client.readStream(event.streamId);
      }
    }
  }
}

/** Sends octets to the client and checks that they arrive; `midway` is called when a part of them has. */
function download(wire: Wire, midway: () => void = () => undefined): void {
  wire.run(() => wire.confirmed);
  const { server } = wire;
  assert.ok(server);
  const data = Uint8Array.from({ length: 150_000 }, (_, i) => (i * 7) % 251);
  const streamId = server.openStream('uni');
  assert.ok(streamId !== undefined);
  assert.equal(server.writeStream(streamId, data, true), data.length);
  wire.run(() => wire.received.length > 30_000);
  midway();
  wire.run(() => wire.received.length === data.length);
  assert.deepEqual(Uint8Array.from(wire.received), data);
  assert.ok(wire.longestRun > 5, `runs of ${wire.longestRun}`);
  assert.ok(wire.mostTaken > 5, `${wire.mostTaken} packets of a run taken together`);
}

test('datagrams that come as runs: every octet arrives', { skip }, () => {
  download(new Wire());
});

test('keys updated by either side while runs are on their way', { skip }, () => {
  for (const side of ['client', 'server'] as const) {
    const wire = new Wire();
    download(wire, () => wire[side]?.updateKeys(wire.now));
    assert.equal(wire.client.stats().keyUpdates, 1);
  }
});

test('a forged packet within a run costs that packet', { skip }, () => {
  const wire = new Wire();
  let spoiled = 0;
  download(wire, () => {
    wire.spoil = (buffer, segmentSize) => {
      if (spoiled > 0 || buffer.length < 4 * segmentSize) return;
      spoiled += 1;
      buffer[2 * segmentSize + 100] = (buffer[2 * segmentSize + 100] as number) ^ 1;
    };
  });
  assert.equal(spoiled, 1);
  assert.equal(wire.client.closed, false);
  assert.equal(wire.server?.stats().packetsLost, 1);
});
