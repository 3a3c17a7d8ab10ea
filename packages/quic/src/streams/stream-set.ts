import { RangeSet } from '@mpquic/wire';
import type { ConnectionEvent, StreamDirection } from '../connection-event.ts';
import { TransportError } from '../transport-error.ts';
import type { ReceiveMemory } from './receive-memory.ts';
import { ReceiveStream } from './receive-stream.ts';
import { SendStream } from './send-stream.ts';
import { StreamCount } from './stream-count.ts';
import { StreamQueue } from './stream-queue.ts';

/** A stream with the parts that it has at this endpoint. */
export interface Stream {
  readonly id: number;
  /** Undefined on the peer's unidirectional streams. */
  readonly send: SendStream | undefined;
  /** Undefined on own unidirectional streams. */
  readonly receive: ReceiveStream | undefined;
  /** Not a word about it to the peer, which does not allow it any more: see {@link StreamSet.restart}. */
  held: boolean;
  /** Tells that there is something to read; undefined before the first time. */
  readable: Extract<ConnectionEvent, { readonly type: 'stream_readable' }> | undefined;
}

/**
 * Octets that a stream sends before the next has its turn: about one run of packets, so that the peer finds
 * octets of one stream side by side, while no stream waits long for many others.
 */
const TURN = 32 * 1024;

/** What this endpoint allows, as its transport parameters announce it, and its own caps. */
export interface LocalStreamLimits {
  readonly initialMaxStreamsBidi: number;
  readonly initialMaxStreamsUni: number;
  /** Octets, on every kind of stream. */
  readonly initialMaxStreamData: number;
  readonly maxStreamDataWindow: number;
  readonly streamSendBufferLimit: number;
}

/** What the peer's transport parameters allow. RFC 9000 §18.2 */
export interface PeerStreamLimits {
  readonly initialMaxStreamsBidi: number;
  readonly initialMaxStreamsUni: number;
  /** For streams that the peer opened. */
  readonly initialMaxStreamDataBidiLocal: number;
  /** For bidirectional streams that this endpoint opens. */
  readonly initialMaxStreamDataBidiRemote: number;
  readonly initialMaxStreamDataUni: number;
}

const UNIDIRECTIONAL = 0x02;
const SERVER_INITIATED = 0x01;

export function streamDirection(streamId: number): StreamDirection {
  return (streamId & UNIDIRECTIONAL) === 0 ? 'bidi' : 'uni';
}

/**
 * The streams of a connection: which exist, which may be opened, and whose turn it is to send.
 * RFC 9000 §2.1, §3, §4.6
 *
 * Only open streams take memory. A stream that is neither open nor still to come is closed.
 */
export class StreamSet {
  readonly #role: 'client' | 'server';
  readonly #limits: LocalStreamLimits;
  readonly #memory: ReceiveMemory;
  #streams: Map<number, Stream> = NO_STREAMS;
  readonly #counts: Readonly<Record<StreamDirection, StreamCount>>;
  /** Stream indexes that the peer opened by opening a higher one, and has not used. RFC 9000 §3.2 */
  readonly #unused: Record<StreamDirection, RangeSet | undefined> = {
    bidi: undefined,
    uni: undefined,
  };
  #peerLimits: PeerStreamLimits = NOTHING_ALLOWED;
  readonly #sendable = new StreamQueue<Stream>();
  readonly #waitingForCredit = new StreamQueue<Stream>();
  readonly #control = new StreamQueue<Stream>();
  #opened = 0;
  /** Whose turn it is to send, and what it has sent in it. */
  #turnOf: Stream | undefined;
  #turnOctets = 0;
  /** Streams that are held; undefined for nearly all connections. */
  #held: Stream[] | undefined;

  constructor(role: 'client' | 'server', limits: LocalStreamLimits, memory: ReceiveMemory) {
    this.#role = role;
    this.#limits = limits;
    this.#memory = memory;
    this.#counts = {
      bidi: new StreamCount(limits.initialMaxStreamsBidi),
      uni: new StreamCount(limits.initialMaxStreamsUni),
    };
  }

  /** Open streams. */
  get size(): number {
    return this.#streams.size;
  }

  /** Streams ever opened by either side and used. */
  get opened(): number {
    return this.#opened;
  }

  /** The counts and limits of one direction: for MAX_STREAMS and STREAMS_BLOCKED. */
  count(direction: StreamDirection): StreamCount {
    return this.#counts[direction];
  }

  /** The peer's transport parameters arrived; before, no stream can be opened. */
  setPeerLimits(limits: PeerStreamLimits): void {
    this.#peerLimits = limits;
    this.raisePeerCount('bidi', limits.initialMaxStreamsBidi);
    this.raisePeerCount('uni', limits.initialMaxStreamsUni);
    for (const stream of this.#streams.values()) {
      stream.send?.raiseLimit(this.#peerWindow(stream.id));
    }
  }

  /**
   * MAX_STREAMS, or a transport parameter. Returns whether a stream that {@link open} refused may be
   * opened now.
   */
  raisePeerCount(direction: StreamDirection, limit: number): boolean {
    const wanted = this.#counts[direction].raisePeerLimit(limit);
    if (this.#held !== undefined) this.#release(this.#held);
    return wanted;
  }

  /**
   * Nothing that was sent counts, since 0-RTT data were rejected, and other limits hold, which may be
   * lower: all streams of this endpoint begin anew, and those beyond the limits wait for MAX_STREAMS.
   * RFC 9001 §4.6.2, RFC 9000 §7.4.1
   */
  restart(limits: PeerStreamLimits): void {
    this.#peerLimits = limits;
    this.#counts.bidi.replacePeerLimit(limits.initialMaxStreamsBidi);
    this.#counts.uni.replacePeerLimit(limits.initialMaxStreamsUni);
    for (const stream of this.#streams.values()) {
      stream.send?.restart(this.#peerWindow(stream.id));
      stream.held = true;
    }
    this.#release([...this.#streams.values()]);
  }

  /** Lets go of those that the peer allows. */
  #release(held: readonly Stream[]): void {
    const waiting: Stream[] = [];
    for (const stream of held) {
      if (!this.#counts[streamDirection(stream.id)].allows(Math.floor(stream.id / 4))) {
        waiting.push(stream);
        continue;
      }
      stream.held = false;
      this.#sendable.push(stream);
      this.#control.push(stream);
    }
    this.#held = waiting.length === 0 ? undefined : waiting;
  }

  get(streamId: number): Stream | undefined {
    return this.#streams.get(streamId);
  }

  /** Takes back octets that the application read. */
  recycle(octets: Uint8Array): void {
    this.#memory.recycle(octets);
  }

  /** All open streams, in no particular order. */
  all(): IterableIterator<Stream> {
    return this.#streams.values();
  }

  /** Opens a stream, or undefined while the peer's limit allows none. */
  open(direction: StreamDirection): Stream | undefined {
    const index = this.#counts[direction].open();
    if (index === undefined) return undefined;
    return this.#create(this.#streamId(index, direction, true));
  }

  /**
   * The stream that STREAM, RESET_STREAM or STREAM_DATA_BLOCKED names, made if the peer opens it by
   * that; undefined where it is closed already. A stream that {@link get} did not know before was
   * opened by the peer.
   * @throws {TransportError} STREAM_LIMIT_ERROR, STREAM_STATE_ERROR. RFC 9000 §19.4, §19.8, §19.13
   */
  forReceiving(streamId: number): Stream | undefined {
    if (this.#isLocal(streamId) && streamDirection(streamId) === 'uni') {
      throw new TransportError('STREAM_STATE_ERROR', `stream ${streamId} is only sent on`);
    }
    return this.#find(streamId);
  }

  /**
   * The stream that MAX_STREAM_DATA or STOP_SENDING names, as {@link forReceiving}.
   * @throws {TransportError} STREAM_LIMIT_ERROR, STREAM_STATE_ERROR. RFC 9000 §19.5, §19.10
   */
  forSending(streamId: number): Stream | undefined {
    if (!this.#isLocal(streamId) && streamDirection(streamId) === 'uni') {
      throw new TransportError('STREAM_STATE_ERROR', `stream ${streamId} is only received`);
    }
    return this.#find(streamId);
  }

  /** Forgets the stream if both its parts are done, and allows the peer another one then. */
  forgetIfDone(stream: Stream): boolean {
    if (stream.send !== undefined && !stream.send.isTerminal) return false;
    if (stream.receive !== undefined && !stream.receive.isTerminal) return false;
    if (!this.#streams.delete(stream.id)) return false;
    if (this.#turnOf === stream) this.#turnOf = undefined;
    this.#sendable.remove(stream);
    this.#control.remove(stream);
    this.#waitingForCredit.remove(stream);
    if (!this.#isLocal(stream.id)) this.#counts[streamDirection(stream.id)].closedByPeer();
    return true;
  }

  /** Streams with something to send, as far as is known. */
  get sendable(): StreamQueue<Stream> {
    return this.#sendable;
  }

  /** Octets with which the turn of `stream` is over. */
  turnLeft(stream: Stream): number {
    return this.#turnOf === stream ? TURN - this.#turnOctets : TURN;
  }

  /** Counts octets that `stream` sent in its turn; true when the turn is over. */
  countTurn(stream: Stream, octets: number): boolean {
    if (this.#turnOf !== stream) {
      this.#turnOf = stream;
      this.#turnOctets = 0;
    }
    this.#turnOctets += octets;
    if (this.#turnOctets < TURN) return false;
    this.#turnOctets = 0;
    return true;
  }

  /** Streams that owe RESET_STREAM, STOP_SENDING, MAX_STREAM_DATA or STREAM_DATA_BLOCKED. */
  get control(): StreamQueue<Stream> {
    return this.#control;
  }

  /** Sets a stream aside until {@link connectionCreditRaised}. */
  waitForConnectionCredit(stream: Stream): void {
    this.#waitingForCredit.push(stream);
  }

  /** Streams set aside, because only the connection's limit kept them from sending. */
  get waitingForConnectionCredit(): number {
    return this.#waitingForCredit.length;
  }

  connectionCreditRaised(): void {
    for (let left = this.#waitingForCredit.length; left > 0; left--) {
      const stream = this.#waitingForCredit.shift();
      if (stream !== undefined) this.#sendable.push(stream);
    }
  }

  #isLocal(streamId: number): boolean {
    return (streamId & SERVER_INITIATED) === (this.#role === 'server' ? SERVER_INITIATED : 0);
  }

  #streamId(index: number, direction: StreamDirection, local: boolean): number {
    const server = (this.#role === 'server') === local;
    return index * 4 + (direction === 'uni' ? UNIDIRECTIONAL : 0) + (server ? SERVER_INITIATED : 0);
  }

  #find(streamId: number): Stream | undefined {
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return stream;
    const direction = streamDirection(streamId);
    const index = Math.floor(streamId / 4);
    if (this.#isLocal(streamId)) {
      if (index < this.#counts[direction].opened) return undefined;
      throw new TransportError('STREAM_STATE_ERROR', `stream ${streamId} was never opened`);
    }
    return this.#openedByPeer(streamId, index, direction);
  }

  #openedByPeer(streamId: number, index: number, direction: StreamDirection): Stream | undefined {
    const first = this.#counts[direction].openedByPeer(index);
    if (first <= index) {
      if (first < index) {
        this.#unused[direction] ??= new RangeSet();
        this.#unused[direction].add(first, index - 1);
      }
      return this.#create(streamId);
    }
    const unused = this.#unused[direction];
    if (unused?.has(index) !== true) return undefined;
    unused.remove(index);
    return this.#create(streamId);
  }

  #create(streamId: number): Stream {
    const receives = streamDirection(streamId) === 'bidi' || !this.#isLocal(streamId);
    const sends = streamDirection(streamId) === 'bidi' || this.#isLocal(streamId);
    const limits = this.#limits;
    const stream: Stream = {
      id: streamId,
      send: sends
        ? new SendStream(streamId, this.#peerWindow(streamId), limits.streamSendBufferLimit)
        : undefined,
      receive: receives
        ? new ReceiveStream(
            streamId,
            limits.initialMaxStreamData,
            limits.maxStreamDataWindow,
            this.#memory,
          )
        : undefined,
      held: false,
      readable: undefined,
    };
    if (this.#streams === NO_STREAMS) this.#streams = new Map();
    this.#streams.set(streamId, stream);
    this.#opened += 1;
    return stream;
  }

  #peerWindow(streamId: number): number {
    if (streamDirection(streamId) === 'uni') return this.#peerLimits.initialMaxStreamDataUni;
    return this.#isLocal(streamId)
      ? this.#peerLimits.initialMaxStreamDataBidiRemote
      : this.#peerLimits.initialMaxStreamDataBidiLocal;
  }
}

const NOTHING_ALLOWED: PeerStreamLimits = {
  initialMaxStreamsBidi: 0,
  initialMaxStreamsUni: 0,
  initialMaxStreamDataBidiLocal: 0,
  initialMaxStreamDataBidiRemote: 0,
  initialMaxStreamDataUni: 0,
};

/** Of a connection before its first stream. */
const NO_STREAMS: Map<number, Stream> = new Map();
