/** More CRYPTO data than this is not kept. */
const MAX_LENGTH = 2 ** 17;

/** The CRYPTO data of one level and side, put in order as far as it came. */
export class CryptoStream {
  readonly #bytes: number[] = [];
  readonly #ahead = new Map<number, Uint8Array>();

  add(offset: number, data: Uint8Array): void {
    if (offset + data.length > MAX_LENGTH) return;
    this.#ahead.set(offset, data.slice());
    for (let took = true; took; ) took = this.#takeNext();
  }

  /** All handshake messages that came whole: type and body. */
  *messages(): Generator<{ readonly type: number; readonly body: Uint8Array }> {
    const bytes = Uint8Array.from(this.#bytes);
    for (let at = 0; at + 4 <= bytes.length; ) {
      const [type, high, middle, low] = bytes.subarray(at, at + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const end = at + 4 + ((high << 16) | (middle << 8) | low);
      if (end > bytes.length) return;
      yield { type, body: bytes.subarray(at + 4, end) };
      at = end;
    }
  }

  /** Moves on by one piece that touches what is there. */
  #takeNext(): boolean {
    const length = this.#bytes.length;
    for (const [offset, data] of this.#ahead) {
      if (offset > length) continue;
      this.#ahead.delete(offset);
      this.#bytes.push(...data.subarray(length - offset));
      return true;
    }
    return false;
  }
}
