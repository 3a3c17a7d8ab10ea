import { LARGE_COUNT_START, readVarint } from '@mpquic/wire';

/** STREAM without FIN; its flags may be any. RFC 9000 §19.8 */
const STREAM = 0x08;
const OFFSET_FLAG = 0x04;
const LENGTH_FLAG = 0x02;
const FLAGS = OFFSET_FLAG | LENGTH_FLAG;
/** Of a first octet of a varint: 8 octets. */
const LONGEST_VARINT = 0xc0;

/** Octets that a header takes at most, and the least of data behind it. */
const LEAST_PAYLOAD = 26;

/** Reads packets that hold one STREAM frame and nothing else, as nearly all of a transfer do, in place. */
export class SoleStreamFrame {
  streamId = 0;
  offset: number = LARGE_COUNT_START;
  /** Where the data begins, which goes to the end of the payload. */
  dataStart = 0;
  /** Octets of data. */
  length = 0;

  /**
   * Whether the plaintext from `start` to `end` is one STREAM frame with data, without FIN and with nothing behind it. False
   * as well for what is too long or too short to be common: that is for the {@link FrameReader}.
   */
  read(buffer: Uint8Array, start: number, end: number): boolean {
    const type = buffer[start] as number;
    if ((type & ~FLAGS) !== STREAM || end - start < LEAST_PAYLOAD) return false;
    let at = start + 1;
    if ((buffer[at] as number) >= LONGEST_VARINT) return false;
    this.streamId = readVarint(buffer, at, end);
    at += lengthAt(buffer, at);
    if ((type & OFFSET_FLAG) === 0) {
      this.offset = 0;
    } else {
      if (!this.#readOffset(buffer, at, end)) return false;
      at += lengthAt(buffer, at);
    }
    if ((type & LENGTH_FLAG) !== 0) {
      if ((buffer[at] as number) >= LONGEST_VARINT) return false;
      const length = readVarint(buffer, at, end);
      at += lengthAt(buffer, at);
      if (length !== end - at) return false;
    }
    this.dataStart = at;
    this.length = end - at;
    return at < end;
  }

  /** False for 2^53 and more, which is refused in its own way. */
  #readOffset(buffer: Uint8Array, at: number, end: number): boolean {
    const first = buffer[at] as number;
    if (first < LONGEST_VARINT) {
      this.offset = readVarint(buffer, at, end);
      return true;
    }
    const top = readUint16(buffer, at + 1) * 0x100 + (buffer[at + 3] as number);
    if (first > LONGEST_VARINT || top >= 2 ** 21) return false;
    // A sum of small integers: a large one that a function returned would be an object.
    this.offset = top * 2 ** 32 + readUint16(buffer, at + 4) * 2 ** 16 + readUint16(buffer, at + 6);
    return true;
  }
}

/** Octets of the varint that begins at `at`. RFC 9000 §16 */
function lengthAt(buffer: Uint8Array, at: number): number {
  return 1 << ((buffer[at] as number) >> 6);
}

function readUint16(buffer: Uint8Array, at: number): number {
  return ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
}
