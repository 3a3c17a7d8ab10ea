import type { Frame } from '../wire/frames.ts';

/**
 * NEW_CONNECTION_ID, or PATH_NEW_CONNECTION_ID with multipath, to be written: its octets and its token derive anew
 * whenever it is sent.
 */
export interface ConnectionIdAnnouncement {
  readonly type: 'connection_id_announcement';
  readonly pathId: number;
  readonly sequenceNumber: number;
}

/** What a sent packet is remembered by and what may be sent again as it is. */
export type ControlFrame = PlainControlFrame | ConnectionIdAnnouncement;

/** Control frames that are written as they are. */
export type PlainControlFrame = Exclude<
  Frame,
  {
    readonly type:
      | 'new_connection_id'
      | 'path_new_connection_id'
      | 'padding'
      | 'ack'
      | 'path_ack'
      | 'crypto'
      | 'stream'
      | 'datagram'
      | 'connection_close';
  }
>;

/**
 * Control frames to be sent in 1-RTT packets, first come first served. What may pile up here is
 * bounded by what causes it: issued connection IDs, streams, paths.
 */
export class Outbox {
  #frames: ControlFrame[] = NONE;

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  get length(): number {
    return this.#frames.length;
  }

  push(frame: ControlFrame): void {
    // Few wait at a time; arrays that are pushed to have room for many.
    if (this.#frames.length === 0) this.#frames = [frame];
    else this.#frames.push(frame);
  }

  /** For a frame that was sent before: it waits once, however many of its packets were lost. */
  pushAgain(frame: ControlFrame): void {
    if (!this.#frames.includes(frame)) this.push(frame);
  }

  peek(): ControlFrame | undefined {
    return this.#frames[0];
  }

  shift(): void {
    this.#frames.shift();
    // An empty array that once was long would keep its room.
    if (this.#frames.length === 0) this.#frames = NONE;
  }

  /** Nothing of it is sent any more. */
  clear(): void {
    this.#frames = NONE;
  }

  /** Takes back what is pointless now, as the frames of an abandoned path. */
  removeWhere(pointless: (frame: ControlFrame) => boolean): void {
    if (this.#frames.length > 0) this.#frames = this.#frames.filter((frame) => !pointless(frame));
  }
}

const NONE: ControlFrame[] = [];
