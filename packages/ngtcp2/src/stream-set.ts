import type { ConnectionEvent, LentOctets, StreamChunk, StreamDirection } from '@mpquic/quic';
import { ReceiveStream } from './receive-stream.ts';
import { SendStream } from './send-stream.ts';
import { Outcome, type Shim } from './shim.ts';

export interface StreamSetOptions {
  readonly role: 'client' | 'server';
  readonly shim: Shim;
  /** Unsent octets of one stream. */
  readonly sendBufferLimit: number;
  readonly event: (event: ConnectionEvent) => void;
}

/** The streams of a connection, between the application and ngtcp2. */
export class StreamSet {
  readonly #options: StreamSetOptions;
  readonly #shim: Shim;
  readonly #sending = new Map<number, SendStream>();
  readonly #receiving = new Map<number, ReceiveStream>();
  /** Streams with something to send, in the order of their turns. */
  readonly #pending = new Set<number>();
  readonly #blocked = new Set<number>();
  #opened = 0;

  constructor(options: StreamSetOptions) {
    this.#options = options;
    this.#shim = options.shim;
  }

  /** How many there were. */
  get opened(): number {
    return this.#opened;
  }

  /** How many halves are kept. */
  get size(): number {
    return this.#sending.size + this.#receiving.size;
  }

  open(direction: StreamDirection): number | undefined {
    const id = this.#shim.call.open_stream(direction === 'bidi' ? 1 : 0);
    if (id < 0) return undefined;
    this.#add(id);
    return id;
  }

  write(id: number, data: Uint8Array, fin: boolean): number {
    const stream = this.#sending.get(id);
    if (stream === undefined) return 0;
    const taken = stream.write(data, fin);
    if (stream.pending) this.#pending.add(id);
    return taken;
  }

  /** `live`: whether the connection still has windows that reading opens. */
  read(id: number, live: boolean): StreamChunk | undefined {
    const chunk = this.#receiving.get(id)?.read();
    if (chunk === undefined) return undefined;
    if (chunk.fin) this.#receiving.delete(id);
    if (live && chunk.data.length > 0) this.#shim.call.extend_windows(id, chunk.data.length);
    return chunk;
  }

  peek(id: number, into: LentOctets): boolean {
    return this.#receiving.get(id)?.peek(into) === true;
  }

  /** Returns whether the stream has ended with these octets. */
  consume(id: number, octets: number, live: boolean): boolean {
    const stream = this.#receiving.get(id);
    if (stream === undefined) return false;
    const consumed = stream.consume(octets);
    if (live && consumed > 0) this.#shim.call.extend_windows(id, consumed);
    if (stream.isOver) this.#receiving.delete(id);
    return stream.isOver;
  }

  reset(id: number, code: number): void {
    this.#sending.get(id)?.stop();
    this.#pending.delete(id);
    this.#shim.call.reset_stream(id, code);
  }

  stopSending(id: number, code: number): void {
    this.#receiving.delete(id);
    this.#shim.call.stop_sending(id, code);
  }

  /** Everything is over. */
  clear(): void {
    this.#sending.clear();
    this.#receiving.clear();
    this.#pending.clear();
  }

  /** The peer opened a stream. */
  peerOpened(id: number): void {
    this.#add(id);
    this.#options.event({ type: 'stream_opened', streamId: id });
  }

  /** Keeps the octets. */
  arrived(id: number, data: Uint8Array, fin: boolean): void {
    const readable = this.#receiving.get(id)?.append(data, fin) ?? false;
    if (readable) this.#options.event({ type: 'stream_readable', streamId: id });
  }

  acknowledged(id: number, end: number, complete: boolean): void {
    this.#sending.get(id)?.acknowledged(end);
    if (!complete) return;
    this.#sending.get(id)?.stop();
    this.#options.event({ type: 'stream_delivered', streamId: id });
  }

  /** Both halves are over for ngtcp2; what was not read yet still is to be. */
  closed(id: number): void {
    this.#sending.get(id)?.abandon();
    this.#sending.delete(id);
    this.#pending.delete(id);
    if (!this.#isLocal(id)) this.#shim.call.extend_streams(isBidirectional(id) ? 1 : 0);
  }

  peerReset(id: number, code: number): void {
    if (!this.#receiving.delete(id)) return;
    this.#options.event({ type: 'stream_reset', streamId: id, code });
  }

  /** A datagram was taken: looks for streams that the peer stopped, of which ngtcp2 says nothing. */
  noticeStopped(): void {
    for (const [id, stream] of this.#sending) {
      if (stream.over) continue;
      const code = this.#shim.call.stopped_code(id);
      if (code < 0) continue;
      stream.stop();
      this.#pending.delete(id);
      this.#options.event({ type: 'stream_stopped', streamId: id, code });
    }
  }

  /**
   * Writes frames into the packet that was begun, one stream after the other, and completes it. Returns
   * its length, 0 where nothing may be sent now, or an outcome.
   */
  fillPacket(now: number): number {
    this.#blocked.clear();
    const credit = this.#pending.size > 0 && this.#shim.call.max_data_left() > 0;
    for (const id of this.#pending) {
      if (this.#blocked.has(id)) break;
      const result = this.#writeFrames(id, credit, now);
      if (result !== Outcome.more) return result;
    }
    return this.#shim.call.write_stream(-1, 0, 0, 0, 0, now);
  }

  /** `more` where the packet still has room. */
  #writeFrames(id: number, credit: boolean, now: number): number {
    for (;;) {
      const stream = this.#sending.get(id);
      if (stream?.pending !== true) {
        this.#pending.delete(id);
        return Outcome.more;
      }
      const next = stream.next();
      if (next.length > 0 && !credit) return this.#passOver(id);
      const fin = next.fin ? 1 : 0;
      const { call } = this.#shim;
      const result = call.write_stream(id, next.start, next.length, fin, 1, now);
      const taken = call.taken();
      if (taken >= 0 && stream.took(taken, next)) {
        this.#options.event({ type: 'stream_writable', streamId: id });
      }
      if (result === Outcome.blocked) return this.#passOver(id);
      if (result === Outcome.gone) {
        stream.stop();
        continue;
      }
      if (result === Outcome.more) continue;
      if (result > 0) this.#passOver(id);
      return result;
    }
  }

  /** The others have their turn before it. */
  #passOver(id: number): number {
    this.#blocked.add(id);
    this.#pending.delete(id);
    if (this.#sending.get(id)?.pending === true) this.#pending.add(id);
    return Outcome.more;
  }

  #add(id: number): void {
    this.#opened += 1;
    const local = this.#isLocal(id);
    if (isBidirectional(id) || local) {
      this.#sending.set(id, new SendStream(this.#shim, this.#options.sendBufferLimit));
    }
    if (isBidirectional(id) || !local) this.#receiving.set(id, new ReceiveStream());
  }

  #isLocal(id: number): boolean {
    return id % 2 === (this.#options.role === 'server' ? 1 : 0);
  }
}

/** RFC 9000 §2.1; IDs may take more than 32 bits, of which these are the last. */
function isBidirectional(id: number): boolean {
  return id % 4 < 2;
}
