/** Whether both hold the same octets. Not for secrets: the time tells where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** All parts one behind the other, in a new buffer. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The exclusive or of two byte strings of one length. */
export function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((octet, i) => octet ^ (b[i] as number));
}

/**
 * The same octets as a plain `Uint8Array`. For Node.js buffers where they come in: `slice` of a
 * `Buffer` is a view, and code that copies with it would keep memory that is not its own.
 */
export function plainOctets(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();

export function utf8(text: string): Uint8Array {
  return (text.length <= SHORT_TEXT ? ascii(text) : undefined) ?? utf8Encoder.encode(text);
}

/** Undefined where there are other characters. The encoder takes longer for a short text, and makes an array buffer. */
function ascii(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return undefined;
    octets[i] = unit;
  }
  return octets;
}

const SHORT_TEXT = 64;

/** Whether the octets from `start` to `end` (excluded) are the UTF-8 of a text. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return equalBytes(utf8(text), bytes.subarray(start, end));
    if (unit !== bytes[start + i]) return false;
  }
  return end - start === text.length;
}

/** Malformed sequences become U+FFFD. */
export function fromUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}

/** Overwrites secrets that are no longer needed. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) {
    if (secret.length > SHORT) secret.fill(0);
    else for (let i = 0; i < secret.length; i++) secret[i] = 0;
  }
}

/** Octets that a loop wipes sooner than a call of `fill`. */
const SHORT = 64;
