/** The same memory as a plain Uint8Array, whose `slice` copies, where that of a Buffer does not. */
export function plainView(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
