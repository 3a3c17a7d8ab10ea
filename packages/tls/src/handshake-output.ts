import { toHex } from '@mpquic/wire';
import type { CipherSuite } from './cipher-suites.ts';
import type {
  EncryptionLevel,
  HandshakeEvent,
  HandshakeSummary,
  SessionTicket,
} from './handshake.ts';

/** Labels of an NSS key log. */
export type KeyLogLabel =
  | 'CLIENT_EARLY_TRAFFIC_SECRET'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0'
  | 'EXPORTER_SECRET';

/** The queue of events that the states of a handshake fill. */
export class HandshakeOutput {
  readonly keyLogWanted: boolean;
  #events: HandshakeEvent[] = [];
  /** How many of them were taken. */
  #taken = 0;

  constructor(keyLogWanted: boolean) {
    this.keyLogWanted = keyLogWanted;
  }

  send(level: EncryptionLevel, data: Uint8Array): void {
    this.#events.push({ type: 'send', level, data });
  }

  /** The secret belongs to the receiver from now on. */
  secret(
    level: Exclude<EncryptionLevel, 'initial'>,
    direction: 'read' | 'write',
    suite: CipherSuite,
    secret: Uint8Array,
  ): void {
    this.#events.push({ type: 'secret', level, direction, cipherSuite: suite.name, secret });
  }

  keyLog(label: KeyLogLabel, clientRandom: Uint8Array, secret: Uint8Array): void {
    if (!this.keyLogWanted) return;
    this.#events.push({
      type: 'key_log',
      line: `${label} ${toHex(clientRandom)} ${toHex(secret)}`,
    });
  }

  transportParameters(data: Uint8Array): void {
    this.#events.push({ type: 'transport_parameters', data });
  }

  pskLookup(identities: readonly Uint8Array[]): void {
    this.#events.push({ type: 'psk_lookup', lookup: { identities } });
  }

  sessionTicket(ticket: SessionTicket): void {
    this.#events.push({ type: 'session_ticket', ticket });
  }

  earlyData(accepted: boolean): void {
    this.#events.push({ type: 'early_data', accepted });
  }

  complete(summary: HandshakeSummary): void {
    this.#events.push({ type: 'complete', summary });
  }

  next(): HandshakeEvent | undefined {
    const event = this.#events[this.#taken];
    if (event === undefined) return undefined;
    this.#taken++;
    if (this.#taken === this.#events.length) this.#forget();
    return event;
  }

  /** Wipes the secrets that nobody took. */
  clear(): void {
    for (const event of this.#events.slice(this.#taken)) {
      if (event.type === 'secret') event.secret.fill(0);
      if (event.type === 'session_ticket') event.ticket.key.fill(0);
    }
    this.#forget();
  }

  /** An empty array that once was long would keep its room. */
  #forget(): void {
    this.#events = [];
    this.#taken = 0;
  }
}
