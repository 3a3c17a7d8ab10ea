import type { QuicSession, QuicStream } from '@mpquic/endpoint';
import { concatBytes } from '@mpquic/wire';
import { expect } from '../matrix.ts';

/** The two application protocols of our C peers: see peers/qpsk/README.md. */
export type QpskAlpn = 'perf' | 'qpsk-echo';

const PERIOD = 251;
const CHUNK = 65_536;

/** What stands at offset `o` of a `perf` answer: ((o % 251) * 7 + 1) mod 256. */
const PATTERN: Uint8Array = Uint8Array.from(
  { length: CHUNK + PERIOD },
  (_, o) => ((o % PERIOD) * 7 + 1) & 255,
);

/** Client: asks for `length` octets and checks each of them. @throws {CaseFailure} */
export async function requestPattern(session: QuicSession, length: number): Promise<void> {
  const stream = await session.createBidirectionalStream();
  const request = new Uint8Array(8);
  new DataView(request.buffer).setBigUint64(0, BigInt(length));
  await stream.writer.write(request);
  await stream.writer.end();
  let offset = 0;
  for await (const chunks of stream) {
    for (const chunk of chunks) {
      checkPattern(chunk, offset);
      offset += chunk.length;
    }
  }
  expect(offset === length, `${offset} of ${length} octets came`);
}

function checkPattern(chunk: Uint8Array, offset: number): void {
  for (let at = 0; at < chunk.length; at += CHUNK) {
    const part = chunk.subarray(at, at + CHUNK);
    const start = (offset + at) % PERIOD;
    const same = Buffer.compare(part, PATTERN.subarray(start, start + part.length)) === 0;
    expect(same, `wrong octets between ${offset + at} and ${offset + at + part.length}`);
  }
}

/** Server: serves one stream of the protocol; a stream that breaks ends with its session. */
export async function serveQpskStream(alpn: QpskAlpn, stream: QuicStream): Promise<void> {
  if (alpn === 'qpsk-echo') {
    for await (const chunks of stream) {
      for (const chunk of chunks) await stream.writer.write(chunk, { transfer: true });
    }
  } else {
    const parts: Uint8Array[] = [];
    for await (const chunks of stream) parts.push(...chunks);
    const request = concatBytes(...parts);
    if (request.length >= 8) {
      const view = new DataView(request.buffer, request.byteOffset, 8);
      await writePattern(stream, Number(view.getBigUint64(0)));
    }
  }
  await stream.writer.end();
}

async function writePattern(stream: QuicStream, length: number): Promise<void> {
  for (let offset = 0; offset < length; offset += CHUNK) {
    const start = offset % PERIOD;
    const part = PATTERN.subarray(start, start + Math.min(CHUNK, length - offset));
    await stream.writer.write(part, { transfer: true });
  }
}
