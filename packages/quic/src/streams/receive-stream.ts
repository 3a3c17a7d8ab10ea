import type { Duration, Instant } from '@mpquic/wire';
import type { LentOctets, StreamChunk } from '../contract.ts';
import { TransportError } from '../transport-error.ts';
import { ReceiveWindow } from './flow-control.ts';
import { Reassembly } from './reassembly.ts';
import type { ReceiveMemory } from './receive-memory.ts';
import type { StreamPieces } from './stream-pieces.ts';

/** RFC 9000 §3.2 */
export type ReceiveState =
  | 'recv'
  | 'size_known'
  | 'data_recvd'
  | 'data_read'
  | 'reset_recvd'
  | 'reset_read';

/** The receiving part of one stream. RFC 9000 §3.2 */
export class ReceiveStream {
  readonly id: number;
  readonly #window: ReceiveWindow;
  readonly #reassembly: Reassembly;
  #finalSize: number | undefined;
  #finReceived = false;
  #finRead = false;
  #resetCode: number | undefined;
  #resetRead = false;
  #stopCode: number | undefined;
  #stopFrame: 'none' | 'pending' | 'sent' | 'acknowledged' = 'none';
  /** Octets consumed that the connection's window has not heard of. */
  #unreported = 0;

  /** The window: what is announced at first and what it may grow to. */
  constructor(id: number, initialWindow: number, maximumWindow: number, memory: ReceiveMemory) {
    this.id = id;
    this.#window = new ReceiveWindow(initialWindow, maximumWindow);
    this.#reassembly = new Reassembly(memory);
  }

  get state(): ReceiveState {
    if (this.#resetCode !== undefined) return this.#resetRead ? 'reset_read' : 'reset_recvd';
    if (this.#finalSize === undefined) return 'recv';
    if (this.#finRead) return 'data_read';
    return this.#isAllHere ? 'data_recvd' : 'size_known';
  }

  /** Nothing more will ever be received or read. */
  get isTerminal(): boolean {
    return this.#finRead || this.#resetRead;
  }

  /** Whether {@link read} would return something. */
  get isReadable(): boolean {
    if (this.#resetCode !== undefined || this.#stopCode !== undefined || this.#finRead)
      return false;
    return this.#reassembly.readable > 0 || this.#isAllHere;
  }

  /** The final size, once FIN or RESET_STREAM told it. RFC 9000 §4.5 */
  get finalSize(): number | undefined {
    return this.#finalSize;
  }

  /** The code of the peer's RESET_STREAM. */
  get resetCode(): number | undefined {
    return this.#resetCode;
  }

  /** Octets of window, for statistics and for the connection's own window. */
  get window(): number {
    return this.#window.window;
  }

  /**
   * A STREAM frame: octets `start` to `end` (excluded) of `source`, belonging at `offset`. With
   * `owned`, the caller never touches `source` again. Returns by how much the highest offset grew,
   * which counts against the connection's window.
   * @throws {TransportError} FLOW_CONTROL_ERROR, FINAL_SIZE_ERROR
   */
  receive(
    source: Uint8Array,
    start: number,
    end: number,
    offset: number,
    fin: boolean,
    owned: boolean,
  ): number {
    const frameEnd = offset + end - start;
    const growth = this.#grow(frameEnd, fin);
    if (fin) this.#finReceived = true;
    if (this.#resetCode !== undefined || this.#finRead) return growth;
    if (this.#stopCode !== undefined) {
      this.#discard();
      return growth;
    }
    if (end > start) this.#reassembly.write(source, start, end, offset, owned);
    return growth;
  }

  /**
   * How many octets {@link receivePieces} takes from where `pieces` begin, where the connection has room for `available`; none
   * where {@link receive} must see to them.
   */
  piecesRoom(pieces: StreamPieces, available: number): number {
    const isPlain =
      this.#finalSize === undefined &&
      this.#stopCode === undefined &&
      this.#reassembly.takesPieces(pieces);
    if (!isPlain) return 0;
    const { limit, received } = this.#window;
    return Math.min(limit, received + available) - pieces.offset;
  }

  /** As {@link receive}, octets of several STREAM frames within {@link piecesRoom}. */
  receivePieces(pieces: StreamPieces): number {
    const growth = Math.max(0, pieces.offset + pieces.length - this.#window.received);
    this.#window.receive(growth);
    this.#reassembly.writePieces(pieces);
    return growth;
  }

  /**
   * RESET_STREAM. Returns by how much the highest offset grew. Data that was not read is dropped,
   * unless all of it arrived: then the reset is ignored. RFC 9000 §3.2
   * @throws {TransportError} FLOW_CONTROL_ERROR, FINAL_SIZE_ERROR
   */
  reset(code: number, finalSize: number): number {
    const growth = this.#grow(finalSize, true);
    const complete = this.#finReceived && this.#reassembly.inOrderEnd === finalSize;
    if (this.#resetCode !== undefined || this.#finRead || complete) return growth;
    this.#resetCode = code;
    this.#discard();
    return growth;
  }

  /** The application heard of the reset. */
  resetRead(): void {
    if (this.#resetCode !== undefined) this.#resetRead = true;
  }

  /** The next octets in order; undefined where there are none yet. */
  read(): StreamChunk | undefined {
    if (!this.isReadable) return undefined;
    const data = this.#reassembly.read() ?? EMPTY;
    this.#window.consume(data.length);
    this.#unreported += data.length;
    this.#finRead = this.#isAllRead;
    return { data, fin: this.#finRead };
  }

  /** Shows the next octets in order, which stay until {@link consume}; false where there is nothing yet. */
  peek(into: LentOctets): boolean {
    if (!this.isReadable) return false;
    this.#reassembly.peek(into);
    return true;
  }

  /** The reader is done with so many of the octets that {@link peek} showed; returns whether nothing follows them. */
  consume(octets: number): boolean {
    if (!this.isReadable) return false;
    const consumed = this.#reassembly.consume(octets);
    this.#window.consume(consumed);
    this.#unreported += consumed;
    this.#finRead = this.#isAllRead;
    return this.#finRead;
  }

  /**
   * The application wants no more: STOP_SENDING is owed, data is dropped. Returns false where the end
   * of the stream is known already. RFC 9000 §3.5
   */
  stopSending(code: number): boolean {
    if (this.#stopCode !== undefined || this.isTerminal || this.#resetCode !== undefined)
      return false;
    this.#stopCode = code;
    this.#discard();
    if (this.#finalSize !== undefined) return false;
    this.#stopFrame = 'pending';
    return true;
  }

  get stopPending(): boolean {
    return this.#stopFrame === 'pending' && this.#finalSize === undefined;
  }

  /** Code of STOP_SENDING; 0 before {@link stopSending}. */
  get stopCode(): number {
    return this.#stopCode ?? 0;
  }

  stopSent(): void {
    this.#stopFrame = 'sent';
  }

  stopAcknowledged(): void {
    this.#stopFrame = 'acknowledged';
  }

  stopLost(): void {
    if (this.#stopFrame === 'sent') this.#stopFrame = 'pending';
  }

  /** Octets read or dropped since the last call, for the connection's window. */
  takeConsumed(): number {
    const octets = this.#unreported;
    this.#unreported = 0;
    return octets;
  }

  /** Whether MAX_STREAM_DATA is due; never once the final size is known. RFC 9000 §3.2, §4.2 */
  get windowUpdateDue(): boolean {
    return this.#finalSize === undefined && this.#stopCode === undefined && this.#window.updateDue;
  }

  /** The limit to announce in MAX_STREAM_DATA now. */
  windowUpdate(now: Instant, smoothedRtt: Duration): number {
    return this.#window.update(now, smoothedRtt);
  }

  windowUpdateLost(limit: number): void {
    this.#window.updateLost(limit);
  }

  /** Nearly always the final size is unknown: large offsets are not compared with that, which would make objects of them. */
  get #isAllHere(): boolean {
    return this.#finalSize !== undefined && this.#reassembly.inOrderEnd === this.#finalSize;
  }

  get #isAllRead(): boolean {
    return this.#finalSize !== undefined && this.#reassembly.readOffset === this.#finalSize;
  }

  /** RFC 9000 §4.1, §4.5 */
  #grow(end: number, isFinal: boolean): number {
    const highest = this.#window.received;
    if (this.#finalSize !== undefined) {
      if (end > this.#finalSize || (isFinal && end !== this.#finalSize)) {
        throw new TransportError('FINAL_SIZE_ERROR', `stream ${this.id}: the final size changed`);
      }
    } else if (isFinal && end < highest) {
      throw new TransportError('FINAL_SIZE_ERROR', `stream ${this.id}: data beyond the final size`);
    }
    const growth = Math.max(0, end - highest);
    this.#window.receive(growth);
    if (isFinal) this.#finalSize = end;
    return growth;
  }

  /** All octets up to the highest offset count as consumed, those still missing too. */
  #discard(): void {
    const octets = this.#window.received - this.#window.consumed;
    this.#window.consume(octets);
    this.#unreported += octets;
    this.#reassembly.discard();
    if (this.#stopCode !== undefined && this.#finalSize !== undefined) this.#finRead = true;
  }
}

const EMPTY = new Uint8Array(0);
