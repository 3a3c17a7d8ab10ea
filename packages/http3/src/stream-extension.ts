import { concatBytes, readVarint, VarintTooLarge } from '@mpquic/wire';
import { Http3ConnectionError } from './error-code.ts';

/**
 * An extension of HTTP/3 with streams of its own beside requests. Bidirectional ones begin with a signal value
 * where a request has the type of its first frame. RFC 9114 §9
 */
export interface StreamExtension {
  /** What its bidirectional streams begin with. Nowhere else may it stand as the type of a frame. */
  readonly signal: number;
  /**
   * Takes a stream of the peer over for good, from behind its type or signal on; false where that is not of
   * this extension. @throws {Http3ConnectionError}
   */
  takeStream(streamId: number, type: number, data: Uint8Array, fin: boolean): boolean;
  /** Whether the stream was taken over, or opened by the extension, and is not over. */
  owns(streamId: number): boolean;
  /** What comes of streams that it owns. @throws {Http3ConnectionError} */
  receiveStream(streamId: number, data: Uint8Array, fin: boolean): void;
  streamReset(streamId: number, code: number): void;
  streamStopped(streamId: number, code: number): void;
  streamWritable(streamId: number): void;
}

/** What a bidirectional stream of the peer begins with. */
export type FirstOctets =
  | { readonly kind: 'unknown yet' }
  /** With all octets so far. */
  | { readonly kind: 'request'; readonly data: Uint8Array }
  /** With the octets behind the signal. */
  | { readonly kind: 'signalled'; readonly data: Uint8Array };

/** Tells the bidirectional streams of an extension from requests, by their first integer. */
export class SignalledStreams {
  readonly signal: number;
  /** First integers that are not whole yet, at most 7 octets each. */
  readonly #partial = new Map<number, Uint8Array>();

  constructor({ signal }: StreamExtension) {
    this.signal = signal;
  }

  /** Looks at octets of a stream of which nothing but partial integers came before. */
  look(streamId: number, data: Uint8Array, fin: boolean): FirstOctets {
    const held = this.#partial.get(streamId);
    const octets = held === undefined ? data : concatBytes(held, data);
    const length = octets.length === 0 ? 1 : 1 << ((octets[0] as number) >> 6);
    if (octets.length < length && !fin) {
      this.#partial.set(streamId, octets.slice());
      return { kind: 'unknown yet' };
    }
    this.#partial.delete(streamId);
    if (octets.length < length || !this.#isSignal(octets, length)) {
      return { kind: 'request', data: octets };
    }
    return { kind: 'signalled', data: octets.subarray(length) };
  }

  /** The stream ends before its first integer was whole; returns whether it may have been one of these. */
  reset(streamId: number): boolean {
    this.#partial.delete(streamId);
    return streamId % 4 === 1;
  }

  /** @throws {Http3ConnectionError} where the signal stands as a frame inside a stream of HTTP/3 */
  refuseFrame(frameType: number): void {
    if (frameType !== this.signal) return;
    throw new Http3ConnectionError('H3_FRAME_ERROR', 'a signal that does not begin its stream');
  }

  #isSignal(octets: Uint8Array, length: number): boolean {
    try {
      return readVarint(octets, 0, length) === this.signal;
    } catch (error) {
      if (error instanceof VarintTooLarge) return false;
      throw error;
    }
  }
}
