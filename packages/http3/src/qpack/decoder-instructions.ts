import { QpackError } from './decoder.ts';

/**
 * Checks the peer's decoder stream. This side never inserts into a dynamic table, so nothing but
 * stream cancellations may come. RFC 9204 §4.4
 */
export class DecoderInstructions {
  #insideInteger = false;

  /** @throws {QpackError} on an acknowledgment or an increment */
  receive(data: Uint8Array): void {
    for (const octet of data) {
      if (this.#insideInteger) {
        this.#insideInteger = octet >= 0x80;
      } else if ((octet & 0xc0) === 0x40) {
        // 01 Stream ID(6+). RFC 9204 §4.4.2
        this.#insideInteger = (octet & 0x3f) === 0x3f;
      } else {
        throw new QpackError('QPACK_DECODER_STREAM_ERROR', 'acknowledges what was never sent');
      }
    }
  }
}
