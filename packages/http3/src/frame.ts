import { ByteWriter, readVarint, varintLength, writeVarint } from '@mpquic/wire';
import { Http3ConnectionError } from './error-code.ts';

/** Frame types. RFC 9114 §7.2, §11.2.1 */
export const FrameType = {
  data: 0x00,
  headers: 0x01,
  cancelPush: 0x03,
  settings: 0x04,
  pushPromise: 0x05,
  goaway: 0x07,
  maxPushId: 0x0d,
} as const;

/** Types of HTTP/2 that must not come. RFC 9114 §7.2.8 */
const RESERVED_TYPES: ReadonlySet<number> = new Set([0x02, 0x06, 0x08, 0x09]);

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(FrameType));

/** What {@link FrameParser} finds: pieces of DATA as they come, all other known frames whole. */
export type FramePiece =
  | { readonly type: 'data'; readonly data: Uint8Array }
  | { readonly type: 'frame'; readonly frameType: number; readonly payload: Uint8Array };

/** Octets of one frame's type and length. */
export function frameHeader(frameType: number, length: number): Uint8Array {
  const header = new Uint8Array(varintLength(frameType) + varintLength(length));
  writeVarint(header, writeVarint(header, 0, frameType), length);
  return header;
}

export function encodeFrame(frameType: number, payload: Uint8Array): Uint8Array {
  return new ByteWriter(payload.length + 16)
    .varint(frameType)
    .varint(payload.length)
    .bytes(payload)
    .finish();
}

type ParserState =
  | { readonly in: 'header' }
  | { readonly in: 'payload'; readonly frameType: number; left: number; held: Uint8Array[] };

/**
 * Splits the octets of one stream into frames, however they are cut. Unknown frames are skipped
 * without being kept; known ones are kept up to a limit, except DATA, which is handed through.
 */
export class FrameParser {
  readonly #maximumFrame: number;
  #state: ParserState = { in: 'header' };
  #partialHeader: Uint8Array = new Uint8Array();

  /** @param maximumFrame octets of the largest HEADERS or control frame that is kept */
  constructor(maximumFrame: number) {
    this.#maximumFrame = maximumFrame;
  }

  /** Whether the stream may end here: between frames. RFC 9114 §7.1 */
  get betweenFrames(): boolean {
    return this.#state.in === 'header' && this.#partialHeader.length === 0;
  }

  /** @throws {Http3ConnectionError} on frames that must not come, or that are too large */
  push(bytes: Uint8Array, take: (piece: FramePiece) => void): void {
    let rest = bytes;
    while (rest.length > 0) {
      rest = this.#state.in === 'header' ? this.#header(rest, take) : this.#payload(rest, take);
    }
  }

  #header(bytes: Uint8Array, take: (piece: FramePiece) => void): Uint8Array {
    const held = this.#partialHeader.length;
    const joined = held === 0 ? bytes : concat(this.#partialHeader, bytes);
    const typeLength = joined.length === 0 ? 1 : 1 << ((joined[0] as number) >> 6);
    const lengthAt = joined[typeLength];
    if (lengthAt === undefined || joined.length < typeLength + (1 << (lengthAt >> 6))) {
      this.#partialHeader = joined.slice();
      return bytes.subarray(bytes.length);
    }
    const headerLength = typeLength + (1 << (lengthAt >> 6));
    const frameType = wideVarint(joined, 0, headerLength);
    const length = wideVarint(joined, typeLength, headerLength);
    this.#partialHeader = new Uint8Array();
    this.#start(frameType, length, take);
    return bytes.subarray(headerLength - held);
  }

  #start(frameType: number, length: number, take: (piece: FramePiece) => void): void {
    if (RESERVED_TYPES.has(frameType)) {
      throw new Http3ConnectionError('H3_FRAME_UNEXPECTED', `frame type ${frameType} of HTTP/2`);
    }
    const kept = KNOWN_TYPES.has(frameType) && frameType !== FrameType.data;
    if (kept && length > this.#maximumFrame) {
      throw new Http3ConnectionError('H3_EXCESSIVE_LOAD', `a frame of ${length} octets`);
    }
    if (length > 0) this.#state = { in: 'payload', frameType, left: length, held: [] };
    else if (kept) take({ type: 'frame', frameType, payload: new Uint8Array() });
    else if (frameType === FrameType.data) take({ type: 'data', data: new Uint8Array() });
  }

  #payload(bytes: Uint8Array, take: (piece: FramePiece) => void): Uint8Array {
    const state = this.#state;
    if (state.in !== 'payload') return bytes;
    const piece = bytes.subarray(0, Math.min(bytes.length, state.left));
    state.left -= piece.length;
    if (state.left === 0) this.#state = { in: 'header' };
    if (state.frameType === FrameType.data) take({ type: 'data', data: piece });
    else if (KNOWN_TYPES.has(state.frameType)) {
      state.held.push(state.left === 0 ? piece : piece.slice());
      if (state.left === 0) {
        take({ type: 'frame', frameType: state.frameType, payload: concat(...state.held) });
      }
    }
    return bytes.subarray(piece.length);
  }
}

/** Types and lengths above 2^53-1 are legal on the wire; nothing is known or kept at that size. */
function wideVarint(bytes: Uint8Array, offset: number, end: number): number {
  const first = bytes[offset] as number;
  if (first >= 0xc0 && ((first & 0x3f) !== 0 || (bytes[offset + 1] as number) >= 0x20)) {
    return Number.MAX_SAFE_INTEGER;
  }
  return readVarint(bytes, offset, end);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
