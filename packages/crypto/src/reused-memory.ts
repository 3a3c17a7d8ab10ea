/** Memory for what is needed only during a call, with views of its beginnings that are made once. */
export class ReusedMemory {
  readonly bytes: Uint8Array;
  readonly #views: (Uint8Array | undefined)[] = [];

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  /** The first `length` octets. */
  first(length: number): Uint8Array {
    this.#views[length] ??= this.bytes.subarray(0, length);
    return this.#views[length] as Uint8Array;
  }
}
