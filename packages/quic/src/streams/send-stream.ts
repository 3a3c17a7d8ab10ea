import { UsageError } from '@mpquic/wire';
import { SendCredit } from './flow-control.ts';
import type { PieceTable } from './piece-table.ts';
import { SendBuffer } from './send-buffer.ts';
import type { StreamOctets } from './stream-octets.ts';

/** RFC 9000 §3.1; `data_sent` includes a FIN that is yet to be sent again. */
export type SendState =
  | 'ready'
  | 'send'
  | 'data_sent'
  | 'data_recvd'
  | 'reset_sent'
  | 'reset_recvd';

/**
 * The sending part of one stream. RFC 9000 §3.1
 *
 * A frame is taken by {@link prepare}, {@link copyFrame} and {@link commit}; its fate comes back by
 * {@link acknowledge} and {@link lose}.
 */
export class SendStream {
  readonly id: number;
  readonly #bufferLimit: number;
  readonly #buffer: SendBuffer = new SendBuffer();
  readonly #credit: SendCredit;
  #sent = false;
  #resetCode: number | undefined;
  #resetFrame: 'none' | 'pending' | 'sent' | 'acknowledged' = 'none';
  #wantsWritable = false;

  /** `maxStreamData`: the peer's first limit; `bufferLimit`: unsent octets before writes are refused. */
  constructor(id: number, maxStreamData: number, bufferLimit: number) {
    this.id = id;
    this.#credit = new SendCredit(maxStreamData);
    this.#bufferLimit = bufferLimit;
  }

  get state(): SendState {
    if (this.#resetFrame === 'acknowledged') return 'reset_recvd';
    if (this.#resetFrame !== 'none') return 'reset_sent';
    if (this.#buffer.allAcknowledged) return 'data_recvd';
    if (this.#buffer.finished && this.#buffer.unsent === 0 && !this.#buffer.finPending) {
      return 'data_sent';
    }
    return this.#sent ? 'send' : 'ready';
  }

  /** Nothing more will ever be sent. */
  get isTerminal(): boolean {
    return this.#resetFrame === 'acknowledged' || this.#buffer.allAcknowledged;
  }

  get buffered(): number {
    return this.#buffer.buffered;
  }

  /**
   * Queues octets, to stay unchanged until acknowledged, and returns how many were taken; with all
   * taken and `fin`, the stream ends behind them. Takes none after a reset. What was sent does not
   * count against the limit of the buffer: congestion and flow control bound it.
   * @throws {UsageError} after `fin`
   */
  write(data: Uint8Array, fin: boolean): number {
    if (this.#resetCode !== undefined) return 0;
    if (this.#buffer.finished) {
      if (data.length === 0 && fin) return 0;
      throw new UsageError(`stream ${this.id} is finished`);
    }
    const room = Math.max(0, this.#bufferLimit - this.#buffer.unsent);
    const taken = Math.min(room, data.length);
    this.#buffer.write(data, taken);
    if (taken < data.length) this.#wantsWritable = true;
    else if (fin) this.#buffer.finish();
    return taken;
  }

  /** True once after {@link write} took less than offered, as soon as there is room again. */
  takeWritable(): boolean {
    if (!this.#wantsWritable || this.#buffer.unsent > this.#bufferLimit / 2) return false;
    this.#wantsWritable = false;
    return this.#resetCode === undefined;
  }

  /** Whether {@link prepare} would find something, given credit of the connection. */
  get hasFrame(): boolean {
    const buffer = this.#buffer;
    if (this.#resetCode !== undefined) return false;
    if (buffer.hasLost) return true;
    return buffer.unsent > 0 ? buffer.nextOffset < this.#credit.limit : buffer.finPending;
  }

  /** Whether the next frame needs credit of the connection. */
  get needsConnectionCredit(): boolean {
    return !this.#buffer.hasLost && this.#buffer.unsent > 0;
  }

  /** Offset of the first octet that was never sent. */
  get nextOffset(): number {
    return this.#buffer.nextOffset;
  }

  /** Offset of the next frame, which its header's length depends on. */
  get frameStart(): number {
    return this.#buffer.frameStart;
  }

  /** Decides on the next frame: `room` octets of data at most, `connectionCredit` of them new. */
  prepare(room: number, connectionCredit: number): boolean {
    if (this.#resetCode !== undefined) return false;
    const limit = Math.min(this.#credit.limit, this.#buffer.nextOffset + connectionCredit);
    return this.#buffer.prepare(room, limit);
  }

  get frameOffset(): number {
    return this.#buffer.frameOffset;
  }

  get frameLength(): number {
    return this.#buffer.frameLength;
  }

  get frameFin(): boolean {
    return this.#buffer.frameFin;
  }

  copyFrame(into: Uint8Array, at: number, pieces?: PieceTable): void {
    this.#buffer.copyFrame(into, at, pieces);
  }

  /** The prepared frame left. Returns the octets that count against the connection's credit. */
  commit(): number {
    const newOctets = this.#buffer.frameNewOctets;
    this.#credit.use(newOctets);
    this.#sent = true;
    this.#buffer.commit();
    return newOctets;
  }

  /**
   * Frames of `length` octets each that may leave one behind the other now: octets never sent before, and not the last
   * ones of a stream that ends. They are taken by {@link copy} and {@link framesSent}.
   */
  fullFrames(length: number, connectionCredit: number): number {
    const buffer = this.#buffer;
    if (this.#resetCode !== undefined || buffer.hasLost) return 0;
    const credit = Math.min(this.#credit.limit - buffer.nextOffset, connectionCredit);
    return buffer.fullFrames(length, credit);
  }

  /** Copies octets of the stream, from `ahead` behind those that were sent, or leaves that to `pieces`. */
  copy(ahead: number, length: number, into: Uint8Array, at: number, pieces?: PieceTable): void {
    this.#buffer.copy(ahead, length, into, at, pieces);
  }

  /** Full frames of so many octets in all left. */
  framesSent(octets: number): void {
    this.#credit.use(octets);
    this.#sent = true;
    this.#buffer.sent(octets);
  }

  acknowledge(octets: StreamOctets): void {
    if (this.#resetCode === undefined) this.#buffer.acknowledge(octets);
  }

  lose(octets: StreamOctets): void {
    if (this.#resetCode === undefined) this.#buffer.lose(octets);
  }

  /** MAX_STREAM_DATA, or a transport parameter. Returns whether the limit rose. */
  raiseLimit(limit: number): boolean {
    return this.#credit.raise(limit);
  }

  /** Everything is sent once more from the start, within another limit. Nothing was acknowledged. */
  restart(limit: number): void {
    this.#credit.restart(limit);
    this.#buffer.restart();
    this.#sent = false;
    this.resetLost();
  }

  /** The limit for STREAM_DATA_BLOCKED, once per limit. RFC 9000 §19.13 */
  takeBlocked(): number | undefined {
    if (this.#resetCode !== undefined || this.#buffer.unsent === 0) return undefined;
    return this.#credit.takeBlocked();
  }

  blockedLost(limit: number): void {
    this.#credit.blockedLost(limit);
  }

  /**
   * Ends the stream abruptly: RESET_STREAM is owed and no data is sent any more. Returns false where
   * all data was acknowledged, or a reset happened before. RFC 9000 §3.1
   */
  reset(code: number): boolean {
    if (this.#resetCode !== undefined || this.#buffer.allAcknowledged) return false;
    this.#resetCode = code;
    this.#resetFrame = 'pending';
    this.#buffer.discard();
    return true;
  }

  get resetPending(): boolean {
    return this.#resetFrame === 'pending';
  }

  /** Code of RESET_STREAM; 0 before a reset. */
  get resetCode(): number {
    return this.#resetCode ?? 0;
  }

  /** Octets sent, for RESET_STREAM. RFC 9000 §4.5 */
  get finalSize(): number {
    return this.#buffer.nextOffset;
  }

  resetSent(): void {
    this.#resetFrame = 'sent';
  }

  resetAcknowledged(): void {
    this.#resetFrame = 'acknowledged';
  }

  resetLost(): void {
    if (this.#resetFrame === 'sent') this.#resetFrame = 'pending';
  }
}
