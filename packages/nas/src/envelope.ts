import { concatBytes } from '@mpquic/wire';

/** Longest NAS message taken from a connection. */
export const MAX_ENVELOPED_LENGTH = 16384;

/** The stream does not hold NAS messages in envelopes; the connection cannot go on. */
export class EnvelopeError extends Error {
  readonly code = 'NAS_ENVELOPE';
  override readonly name = 'EnvelopeError';
}

/** A NAS message behind its length of two octets, as sent over TCP. TS 24.502 §9.4 */
export function writeEnvelope(message: Uint8Array): Uint8Array {
  if (message.length === 0 || message.length > 65535) {
    throw new EnvelopeError(`${message.length} octets do not fit an envelope`);
  }
  return concatBytes(Uint8Array.of(message.length >>> 8, message.length & 0xff), message);
}

/** Splits a TCP stream into NAS messages. Holds at most one incomplete message of the allowed length. */
export class EnvelopeSplitter {
  readonly #maximumLength: number;
  #pending: Uint8Array = new Uint8Array(0);

  constructor(maximumLength: number = MAX_ENVELOPED_LENGTH) {
    this.#maximumLength = maximumLength;
  }

  /**
   * The messages that `chunk` completes, as views of it or of a copy; the caller leaves `chunk` unchanged.
   * @throws {EnvelopeError} on an empty message or one above the maximum; the chunk is lost
   */
  receive(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#pending.length === 0 ? chunk : concatBytes(this.#pending, chunk);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= 2) {
      const length = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      if (length === 0 || length > this.#maximumLength) {
        throw new EnvelopeError(`a NAS message of ${length} octets`);
      }
      if (bytes.length - at - 2 < length) break;
      messages.push(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.#pending = bytes.slice(at);
    return messages;
  }
}
