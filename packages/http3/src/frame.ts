import { ByteWriter, varintLength, writeVarint } from '@mpquic/wire';
import { Http3ConnectionError } from './error-code.ts';
import { TlvParser, type ValueHandling } from './tlv-parser.ts';

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

/** Type and length of a frame. */
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

/** What comes out of a {@link FrameParser}. */
export interface FrameReceiver {
  /** A known frame other than DATA, whole. */
  frame(frameType: number, payload: Uint8Array): void;
  /** A piece of a DATA frame, possibly empty. */
  data(piece: Uint8Array): void;
  /** A frame of an unknown type begins. */
  unknown?(frameType: number): void;
}

/**
 * Splits the octets of one stream into frames. Unknown frames are skipped without being kept; known
 * ones are kept up to a limit, except DATA, which is handed through. RFC 9114 §7.1, §9
 */
export class FrameParser {
  readonly #parser: TlvParser;

  /** @param maximumFrame octets of the largest HEADERS or control frame that is kept */
  constructor(maximumFrame: number, receiver: FrameReceiver) {
    this.#parser = new TlvParser({
      start: (frameType, length) => {
        const chosen = handling(frameType, length, maximumFrame);
        if (chosen === 'skip') receiver.unknown?.(frameType);
        return chosen;
      },
      value: (frameType, value) => {
        if (frameType === FrameType.data) receiver.data(value);
        else receiver.frame(frameType, value);
      },
    });
  }

  /** Whether the stream may end here: between frames. RFC 9114 §7.1 */
  get betweenFrames(): boolean {
    return this.#parser.betweenValues;
  }

  /** @throws {Http3ConnectionError} on frames that must not come, or that are too large */
  push(bytes: Uint8Array): void {
    this.#parser.push(bytes);
  }
}

function handling(frameType: number, length: number, maximumFrame: number): ValueHandling {
  if (RESERVED_TYPES.has(frameType)) {
    throw new Http3ConnectionError('H3_FRAME_UNEXPECTED', `frame type ${frameType} of HTTP/2`);
  }
  if (frameType === FrameType.data) return 'pieces';
  if (!KNOWN_TYPES.has(frameType)) return 'skip';
  if (length > maximumFrame) {
    throw new Http3ConnectionError('H3_EXCESSIVE_LOAD', `a frame of ${length} octets`);
  }
  return 'whole';
}
