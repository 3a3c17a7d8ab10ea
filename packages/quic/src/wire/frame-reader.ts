import { ByteReader, UnexpectedEnd } from '@mpquic/wire';
import type { PacketLevel } from '../contract.ts';
import { TransportError } from '../transport-error.ts';
import type { AllowedPackets, FrameCodec } from './frame-codec.ts';
import { createFrameScratch } from './frame-scratch.ts';
import { FRAME_CODECS } from './frame-table.ts';
import type { Frame } from './frames.ts';

/**
 * Passes over a frame of an unknown type, of which the reader stands behind the type, and returns
 * whether it did. For decoders of other endpoints' traffic; an endpoint refuses what it did not negotiate.
 */
export type ForeignFrames = (frameType: number, reader: ByteReader) => boolean;

/**
 * Reads the frames of a packet. The object that {@link next} returns, its byte strings, and the data that STREAM,
 * CRYPTO and DATAGRAM point at are lent until the call after; `cloneFrame` keeps them.
 */
export class FrameReader {
  readonly #reader = new ByteReader(new Uint8Array());
  readonly #scratch = createFrameScratch();
  readonly #foreign: ForeignFrames | undefined;
  #level: PacketLevel = 'initial';
  #frameType = 0;
  #ackEliciting = false;
  #probing = true;

  constructor(foreign?: ForeignFrames) {
    this.#foreign = foreign;
  }

  /**
   * Starts on the plaintext of a packet: octets `start` up to `end` of `buffer`.
   * @throws {TransportError} PROTOCOL_VIOLATION where it holds no frame (RFC 9000 §12.4)
   */
  begin(level: PacketLevel, buffer: Uint8Array, start: number, end: number): void {
    this.#reader.reset(buffer, start, end);
    this.#level = level;
    this.#frameType = 0;
    this.#ackEliciting = false;
    this.#probing = true;
    if (start >= end) throw new TransportError('PROTOCOL_VIOLATION', 'packet without frames');
  }

  /** The type, as on the wire, of the frame read last. */
  get frameType(): number {
    return this.#frameType;
  }

  /** Whether one of the frames read since {@link begin} is ack-eliciting. */
  get ackEliciting(): boolean {
    return this.#ackEliciting;
  }

  /** Whether all frames read since {@link begin} are probing frames. */
  get probing(): boolean {
    return this.#probing;
  }

  /**
   * The next frame, or undefined behind the last.
   * @throws {TransportError} on a malformed frame, an unknown type, or one that its packet may not hold
   */
  next(): Frame | undefined {
    try {
      const entry = this.#nextType();
      if (!entry) return undefined;
      const frame = entry.codec.read(this.#reader, this.#frameType, this.#scratch);
      if (entry.codec.ackEliciting) this.#ackEliciting = true;
      if (!entry.codec.probing) this.#probing = false;
      return frame;
    } catch (error) {
      throw frameError(error, this.#frameType);
    }
  }

  #nextType(): FrameEntry | undefined {
    const reader = this.#reader;
    this.#frameType = 0;
    if (reader.remaining === 0) return undefined;
    const first = reader.peek();
    const code = first < 0x40 ? reader.uint8() : reader.varintSaturating();
    this.#frameType = code;
    // RFC 9000 §12.4: types use the shortest encoding.
    if (first >= 0x80 || (first >= 0x40 && code < 0x40)) throw badType(first, code);
    const entry = first < 0x40 ? SHORT_TYPES[code] : LONG_TYPES.get(code);
    if (!entry) {
      if (this.#foreign?.(code, reader)) return this.#nextType();
      throw new TransportError('FRAME_ENCODING_ERROR', 'unknown frame type', code);
    }
    if (!entry.allowed[this.#level]) {
      throw new TransportError('PROTOCOL_VIOLATION', `frame in ${this.#level} packet`, code);
    }
    return entry;
  }
}

interface FrameEntry {
  readonly codec: FrameCodec<Frame>;
  readonly allowed: Readonly<Record<PacketLevel, boolean>>;
}

const LONG_TYPES: ReadonlyMap<number, FrameEntry> = new Map(
  Object.values(FRAME_CODECS).flatMap((codec) =>
    Object.entries(codec.codes).map(([code, packets]: [string, AllowedPackets]) => [
      Number(code),
      { codec: codec as unknown as FrameCodec<Frame>, allowed: allowedLevels(packets) },
    ]),
  ),
);

const SHORT_TYPES: readonly (FrameEntry | undefined)[] = Array.from({ length: 64 }, (_, code) =>
  LONG_TYPES.get(code),
);

function allowedLevels(packets: AllowedPackets): Readonly<Record<PacketLevel, boolean>> {
  return {
    initial: packets[0] === 'I',
    handshake: packets[1] === 'H',
    early: packets[2] === '0',
    application: packets[3] === '1',
  };
}

/** A type in 4 or 8 octets: no known one needs them, so it is either unknown or encoded too long. */
function badType(first: number, code: number): TransportError {
  const tooLong = first < 0x80 || code < 0x4000 || (first >= 0xc0 && code < 2 ** 30);
  return tooLong
    ? new TransportError('PROTOCOL_VIOLATION', 'frame type not in its shortest encoding', code)
    : new TransportError('FRAME_ENCODING_ERROR', 'unknown frame type', code);
}

function frameError(error: unknown, frameType: number): unknown {
  if (error instanceof UnexpectedEnd) {
    return new TransportError('FRAME_ENCODING_ERROR', 'frame is cut short', frameType);
  }
  if (error instanceof TransportError && error.frameType === 0) {
    return new TransportError(error.code, error.reason, frameType);
  }
  return error;
}
