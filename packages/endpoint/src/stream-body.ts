import { utf8 } from '@mpquic/wire';
import type { StreamWriter } from './stream-writer.ts';

/** What a stream can send as a whole, as in node:quic. */
export type StreamBody = BodySource | Promise<StreamBody>;

type BodySource =
  | null
  | string
  | ArrayBufferLike
  | NodeJS.ArrayBufferView
  | Blob
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/** Writes `body` and ends the stream; settles when the connection has taken it all. */
export async function sendBody(body: StreamBody, writer: StreamWriter): Promise<void> {
  const source = await (body as BodySource | Promise<BodySource>);
  const whole = wholeOctets(source);
  if (whole !== undefined) {
    if (whole.length > 0) await writer.write(whole);
  } else {
    const parts = source instanceof Blob ? source.stream() : source;
    for await (const part of parts as AsyncIterable<string | Uint8Array>) await writer.write(part);
  }
  await writer.end();
}

function wholeOctets(source: BodySource): Uint8Array | undefined {
  if (source === null) return new Uint8Array(0);
  if (typeof source === 'string') return utf8(source);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) {
    return new Uint8Array(source);
  }
  return undefined;
}
