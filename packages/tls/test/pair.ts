import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { concatBytes, toHex, utf8 } from '@mpquic/wire';
import {
  type ClientHandshakeParameters,
  createClientHandshake,
  createServerHandshake,
  type EncryptionLevel,
  type ExternalPsk,
  type Handshake,
  type HandshakeEvent,
  type HandshakeSummary,
  InMemoryPskStore,
  type PskStore,
  type ServerHandshakeParameters,
  TlsAlert,
} from '../src/index.ts';

/** A PSK for tests, of which fields can be changed. */
export function testPsk(changes: Partial<ExternalPsk> = {}): ExternalPsk {
  return {
    identity: utf8('ue-1'),
    key: Uint8Array.from({ length: 32 }, (_, i) => i),
    hash: 'sha256',
    mode: 'raw',
    ...changes,
  };
}

export function clientParameters(
  changes: Partial<ClientHandshakeParameters> = {},
): ClientHandshakeParameters {
  return {
    crypto: nodeCryptoProvider,
    alpn: ['test'],
    transportParameters: utf8('client parameters'),
    psks: [testPsk()],
    ...changes,
  };
}

export function serverParameters(
  changes: Partial<ServerHandshakeParameters> = {},
): ServerHandshakeParameters {
  return {
    crypto: nodeCryptoProvider,
    alpn: ['test'],
    transportParameters: utf8('server parameters'),
    ...changes,
  };
}

/** One side, and all that it said. */
export class Side {
  readonly handshake: Handshake;
  readonly events: HandshakeEvent[] = [];
  readonly #store: PskStore | undefined;

  constructor(handshake: Handshake, store?: PskStore) {
    this.handshake = handshake;
    this.#store = store;
  }

  /** Takes all events, answering look-ups; returns what is to be sent, in one piece for each level. */
  drain(): { readonly level: EncryptionLevel; readonly data: Uint8Array }[] {
    const sent: { level: EncryptionLevel; data: Uint8Array }[] = [];
    for (;;) {
      const event = this.handshake.nextEvent();
      if (event === undefined) return sent;
      this.events.push(event);
      if (event.type === 'send') {
        const last = sent.at(-1);
        if (last?.level === event.level) last.data = concatBytes(last.data, event.data);
        else sent.push({ level: event.level, data: event.data });
      }
      if (event.type === 'psk_lookup' && this.#store !== undefined) {
        const found = this.#store.lookup(event.lookup.identities);
        assert.ok(!(found instanceof Promise));
        this.handshake.answerPskLookup(found);
      }
    }
  }

  get summary(): HandshakeSummary | undefined {
    return this.events.find((event) => event.type === 'complete')?.summary;
  }

  /** `level direction` to the secret in hexadecimal. */
  get secrets(): Record<string, string> {
    return Object.fromEntries(
      this.events
        .filter((event) => event.type === 'secret')
        .map((event) => [`${event.level} ${event.direction}`, toHex(event.secret)]),
    );
  }

  get transportParameters(): Uint8Array | undefined {
    return this.events.find((event) => event.type === 'transport_parameters')?.data;
  }

  get keyLog(): string[] {
    return this.events.filter((event) => event.type === 'key_log').map((event) => event.line);
  }
}

/** Two sides that hand their messages to each other, as they are or changed on the way. */
export class Pair {
  readonly client: Side;
  readonly server: Side;
  /** Changes what the client sends; undefined drops it. */
  fromClient: (data: Uint8Array, level: EncryptionLevel) => Uint8Array | undefined = (data) => data;
  fromServer: (data: Uint8Array, level: EncryptionLevel) => Uint8Array | undefined = (data) => data;

  constructor(
    client: Partial<ClientHandshakeParameters> = {},
    server: Partial<ServerHandshakeParameters> = {},
    store: PskStore = new InMemoryPskStore([testPsk()]),
  ) {
    this.client = new Side(createClientHandshake(clientParameters(client)));
    this.server = new Side(createServerHandshake(serverParameters(server)), store);
  }

  /** Runs until both are silent. @throws what a side throws */
  run(): this {
    this.client.handshake.start();
    for (;;) {
      const up = this.client.drain();
      for (const { level, data } of up) {
        const bytes = this.fromClient(data, level);
        if (bytes !== undefined) this.server.handshake.receive(level, bytes);
      }
      const down = this.server.drain();
      for (const { level, data } of down) {
        const bytes = this.fromServer(data, level);
        if (bytes !== undefined) this.client.handshake.receive(level, bytes);
      }
      if (up.length === 0 && down.length === 0) return this;
    }
  }

  /** Both are complete, with the same keys and the other's transport parameters. */
  assertComplete(): void {
    const { client, server } = this;
    assert.ok(client.summary !== undefined, 'the client is complete');
    assert.ok(server.summary !== undefined, 'the server is complete');
    for (const level of ['handshake', 'application']) {
      assert.ok(client.secrets[`${level} write`] !== undefined);
      assert.equal(client.secrets[`${level} write`], server.secrets[`${level} read`]);
      assert.equal(client.secrets[`${level} read`], server.secrets[`${level} write`]);
      assert.notEqual(client.secrets[`${level} read`], client.secrets[`${level} write`]);
    }
  }
}

/** That `step` throws this alert. */
export function assertAlert(step: () => unknown, alert: number): void {
  assert.throws(step, (error) => {
    assert.ok(error instanceof TlsAlert, `not a TlsAlert but ${String(error)}`);
    assert.equal(error.alert, alert, error.message);
    return true;
  });
}
