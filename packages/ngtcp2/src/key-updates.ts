import type { ConnectionEvent } from '@mpquic/quic';

/** The key updates of a connection: whether one is due, and which of them show in its packets. RFC 9001 §6 */
export class KeyUpdates {
  readonly #sealLimit: number;
  readonly #event: (event: ConnectionEvent) => void;
  /** Of the write key that waits for the next update; 0 for none. */
  #nextWriteKey = 0;
  #startedHere = false;
  #count = 0;
  #sealed = 0;

  /** `sealLimit`: packets under one key, beyond which it is to be updated. */
  constructor(sealLimit: number | undefined, event: (event: ConnectionEvent) => void) {
    this.#sealLimit = sealLimit ?? Number.POSITIVE_INFINITY;
    this.#event = event;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** Whether keys have sealed as many packets as they are to, and no update is on its way. */
  get due(): boolean {
    return this.#sealed >= this.#sealLimit && !this.#startedHere;
  }

  /** This side begins one. */
  start(): void {
    this.#startedHere = true;
  }

  /** The write key of the phase to come is derived. */
  prepared(writeKey: number): void {
    this.#nextWriteKey = writeKey;
  }

  /** The first packet under new keys is where an update shows. */
  sealedUnder(writeKey: number): void {
    this.#sealed += 1;
    if (writeKey !== this.#nextWriteKey || writeKey === 0) return;
    this.#sealed = 0;
    this.#nextWriteKey = 0;
    this.#count += 1;
    const by = this.#startedHere ? 'local' : 'peer';
    this.#startedHere = false;
    this.#event({ type: 'key_updated', keyPhase: this.#count % 2, by });
  }
}
