import type { WebTransportConnection } from '@mpquic/http3';
import type { ConnectionMachine } from '@mpquic/quic';

/** What a stream needs of the connection that it is part of. */
export interface StreamHost {
  readonly webTransport: WebTransportConnection;
  readonly machine: ConnectionMachine;
  /** Reads what QUIC has of the stream, while the stream wants it. */
  readStream(streamId: number): void;
  /** Forgets the stream where both directions are over. */
  settled(streamId: number): void;
  /** To be called after what queues something to send. */
  wake(): void;
}

interface PendingWrite {
  readonly data: Uint8Array;
  readonly fin: boolean;
  readonly taken: () => void;
  offset: number;
}

/** One stream of a session. Nothing is read before {@link resume}: what waits holds the peer back. */
export class WebTransportStream {
  readonly id: number;
  readonly direction: 'bidi' | 'uni';
  /** Whether the peer opened it. */
  readonly incoming: boolean;
  /** Octets, possibly none with the end. They are views that stay unchanged. */
  ondata: ((data: Uint8Array, fin: boolean) => void) | undefined;
  /** The peer gave up sending, with its application's code where it gave one. */
  onreset: ((code: number | undefined) => void) | undefined;
  /** The peer wants no more. */
  onstopped: ((code: number | undefined) => void) | undefined;
  readonly #host: StreamHost;
  readonly #writes: PendingWrite[] = [];
  #wanted = false;
  /** What came before it was wanted: the rest of one chunk. */
  readonly #early: { readonly data: Uint8Array; readonly fin: boolean }[] = [];

  /** Streams come from sessions. */
  constructor(host: StreamHost, id: number, direction: 'bidi' | 'uni', incoming: boolean) {
    this.#host = host;
    this.id = id;
    this.direction = direction;
    this.incoming = incoming;
  }

  /** Whether octets are wanted now. */
  get reading(): boolean {
    return this.#wanted;
  }

  /** Reads from now on, at once what is there. */
  resume(): void {
    this.#wanted = true;
    while (this.#wanted) {
      const piece = this.#early.shift();
      if (piece === undefined) break;
      this.ondata?.(piece.data, piece.fin);
    }
    if (this.#wanted) this.#host.readStream(this.id);
  }

  pause(): void {
    this.#wanted = false;
  }

  /** Queues a copy; `taken` is called when QUIC has all of it. */
  write(data: Uint8Array, taken: () => void = ignore): void {
    this.#queue({ data: new Uint8Array(data), fin: false, taken, offset: 0 });
  }

  /** Nothing follows what was written. */
  end(taken: () => void = ignore): void {
    this.#queue({ data: NOTHING, fin: true, taken, offset: 0 });
  }

  /** Gives up sending. @param code 0 to 2^32-1 */
  reset(code: number): void {
    this.#host.webTransport.reset(this.id, code);
    this.#dropWrites();
    this.#host.settled(this.id);
    this.#host.wake();
  }

  /** Wants no more. @param code 0 to 2^32-1 */
  stopSending(code: number): void {
    this.#early.length = 0;
    this.#host.webTransport.stopSending(this.id, code);
    this.#host.settled(this.id);
    this.#host.wake();
  }

  /** Of the connection. */
  takeData(data: Uint8Array, fin: boolean): void {
    if (this.#wanted) this.ondata?.(data, fin);
    else this.#early.push({ data, fin });
  }

  /** Of the connection. */
  takeReset(code: number | undefined): void {
    this.#early.length = 0;
    this.onreset?.(code);
  }

  /** Of the connection. */
  takeStopped(code: number | undefined): void {
    this.#dropWrites();
    this.onstopped?.(code);
  }

  /** Of the connection: writes what waits, as far as QUIC takes it. */
  flush(): void {
    for (let next = this.#writes[0]; next !== undefined; next = this.#writes[0]) {
      const rest = next.data.subarray(next.offset);
      next.offset += this.#host.webTransport.write(this.id, rest, next.fin);
      if (next.offset < next.data.length) return;
      this.#writes.shift();
      next.taken();
      if (next.fin) this.#host.settled(this.id);
    }
  }

  /** Of the connection: both directions are over, maybe with the session. */
  takeEnd(): void {
    this.#dropWrites();
  }

  #queue(write: PendingWrite): void {
    this.#writes.push(write);
    if (this.#writes.length === 1) this.flush();
    this.#host.wake();
  }

  #dropWrites(): void {
    for (const { taken } of this.#writes.splice(0)) taken();
  }
}

const NOTHING = new Uint8Array();

function ignore(): void {}
