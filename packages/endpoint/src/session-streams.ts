import type { StreamDirection } from '@mpquic/quic';
import { Deferred } from './deferred.ts';
import type { DrivenConnection } from './driven-connection.ts';
import type { QuicSession } from './session.ts';
import type { StreamSetEvent } from './session-events.ts';
import { QuicStream } from './stream.ts';
import { StreamLink } from './stream-link.ts';

interface Opening {
  readonly stream: Deferred<QuicStream>;
  readonly highWaterMark: number | undefined;
}

/** The streams of a session, and those that wait for the peer to allow them. */
export class SessionStreams {
  readonly #session: QuicSession;
  readonly #driven: DrivenConnection;
  readonly #onstream: (stream: QuicStream) => void;
  /** Not there before the first one. */
  #streams: Map<number, QuicStream> | undefined;
  readonly #opening: { readonly [D in StreamDirection]: Opening[] } = { bidi: [], uni: [] };
  #early = true;
  #ended: (() => Error) | undefined;

  constructor(
    session: QuicSession,
    driven: DrivenConnection,
    onstream: (stream: QuicStream) => void,
  ) {
    this.#session = session;
    this.#driven = driven;
    this.#onstream = onstream;
  }

  /** Opens a stream as soon as the peer's limit allows it. */
  open(direction: StreamDirection, highWaterMark: number | undefined): Promise<QuicStream> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended());
    const waiting = this.#opening[direction];
    const id = waiting.length > 0 ? undefined : this.#driven.machine.openStream(direction);
    if (id !== undefined) return Promise.resolve(this.#create(id, true, highWaterMark));
    const opening = { stream: new Deferred<QuicStream>(), highWaterMark };
    waiting.push(opening);
    return opening.stream.promise;
  }

  /** Settles when all is sent, and read where it is being read; undefined where that is so now. */
  whenQuiet(): Promise<void> | undefined {
    if (this.#ended !== undefined) return undefined;
    const waits: Promise<unknown>[] = [];
    for (const { stream } of this.#opening.bidi) waits.push(stream.promise);
    for (const { stream } of this.#opening.uni) waits.push(stream.promise);
    for (const stream of this.#streams?.values() ?? []) {
      const busy = stream.quiet();
      if (busy !== undefined) waits.push(busy);
    }
    if (waits.length === 0) return undefined;
    return Promise.allSettled(waits).then(() => this.whenQuiet());
  }

  /** The handshake is complete: the peer's limits are known. */
  handshakeComplete(): void {
    this.#early = false;
    this.#openWaiting('bidi');
    this.#openWaiting('uni');
  }

  /** `refuse` turns the peer's new streams away. */
  streamEvent(event: StreamSetEvent, refuse: boolean): void {
    if (event.type === 'streams_available') this.#openWaiting(event.direction);
    else if (event.type === 'stream_opened') this.#accept(event.streamId, refuse);
    else this.#streams?.get(event.streamId)?.streamEvent(event);
  }

  /** The session is over; so are its streams, each with the error that `ended` makes. */
  end(ended: () => Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = ended;
    for (const stream of this.#streams?.values() ?? []) stream.sessionEnded(ended());
    for (const { stream } of [...this.#opening.bidi, ...this.#opening.uni]) stream.reject(ended());
    this.#opening.bidi.length = 0;
    this.#opening.uni.length = 0;
  }

  #openWaiting(direction: StreamDirection): void {
    const waiting = this.#opening[direction];
    for (let opening = waiting[0]; opening !== undefined; opening = waiting[0]) {
      const id = this.#driven.machine.openStream(direction);
      if (id === undefined) return;
      waiting.shift();
      opening.stream.resolve(this.#create(id, true, opening.highWaterMark));
    }
  }

  #accept(id: number, refuse: boolean): void {
    const stream = this.#create(id, false, undefined);
    if (refuse) stream.destroy(undefined, { reason: 'no new streams are taken' });
    else this.#onstream(stream);
  }

  #create(id: number, local: boolean, highWaterMark: number | undefined): QuicStream {
    const stream = new QuicStream({
      session: this.#session,
      link: new StreamLink(this.#driven, id),
      direction: (id & UNIDIRECTIONAL) === 0 ? 'bidi' : 'uni',
      local,
      early: this.#early,
      highWaterMark,
    });
    const streams = this.#streams ?? new Map<number, QuicStream>();
    this.#streams = streams;
    streams.set(id, stream);
    const forget = (): boolean => streams.delete(id);
    stream.closed.then(forget, forget);
    return stream;
  }
}

/** The bit of a stream ID that makes it unidirectional. RFC 9000 §2.1 */
const UNIDIRECTIONAL = 2;
