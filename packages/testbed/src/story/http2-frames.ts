import { type Address, concatBytes, formatAddress, utf8 } from '@mpquic/wire';

/** RFC 9113 §3.4 */
const PREFACE: Uint8Array = utf8('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const FRAME_HEADER_LENGTH = 9;

/**
 * Cuts the octets of HTTP/2 connections into the client preface and whole frames, as a dissector wants
 * them that sees one message at a time. RFC 9113 §4.1
 */
export class Http2Frames {
  /** What has come of a frame that is not whole, by direction. */
  readonly #partial = new Map<string, Uint8Array>();

  /** The frames that the next octets from `source` to `destination` complete; views or copies. */
  take(source: Address, destination: Address, octets: Uint8Array): Uint8Array[] {
    const direction = `${formatAddress(source)} ${formatAddress(destination)}`;
    const waiting = this.#partial.get(direction);
    let rest = waiting === undefined ? octets : concatBytes(waiting, octets);
    const frames: Uint8Array[] = [];
    for (;;) {
      const length = nextLength(rest);
      if (length === undefined || length > rest.length) break;
      frames.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    this.#partial.set(direction, rest.slice());
    return frames;
  }
}

/** Octets of what comes next, once its head is there. As a length the preface would be over 5 million. */
function nextLength(octets: Uint8Array): number | undefined {
  const [first = 0, second = 0, third = 0] = octets;
  if (octets.length >= 2 && first === PREFACE[0] && second === PREFACE[1]) return PREFACE.length;
  if (octets.length < FRAME_HEADER_LENGTH) return undefined;
  return FRAME_HEADER_LENGTH + (first << 16) + (second << 8) + third;
}
