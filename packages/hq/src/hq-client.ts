import { createHash } from 'node:crypto';
import { QuicError, type QuicSession } from '@mpquic/endpoint';
import { HqError } from './hq-server.ts';
import { requestLine } from './request.ts';

/** One download as `mpq quic-client --json` reports it. */
export interface Transfer {
  readonly path: string;
  /** 200: complete; 404, 400, 500: refused by our server; 0: cut short. The protocol itself has no status. */
  readonly status: number;
  readonly bytes: number;
  readonly ms: number;
  /** Of the octets received, hexadecimal. */
  readonly sha256: string;
}

/** Takes what arrives, in order. */
export interface TransferSink {
  /** The octets are lent until it returns, or until its promise settles. */
  write(octets: Uint8Array): void | Promise<void>;
}

/** Downloads one path; never rejects. */
export async function download(
  session: QuicSession,
  path: string,
  sink: TransferSink,
): Promise<Transfer> {
  const started = performance.now();
  const digest = createHash('sha256');
  let bytes = 0;
  let status: number = COMPLETE;
  try {
    const stream = await session.createBidirectionalStream({ body: requestLine(path) });
    await stream.consume((source, start, end) => {
      const octets = source.subarray(start, end);
      digest.update(octets);
      bytes += octets.length;
      return sink.write(octets);
    });
  } catch (error) {
    const code = error instanceof QuicError ? Number(error.errorCode) : 0;
    status = REFUSALS.get(code) ?? 0;
  }
  const ms = Math.round((performance.now() - started) * 1000) / 1000;
  return { path, status, bytes, ms, sha256: digest.digest('hex') };
}

const COMPLETE = 200;
const REFUSALS: ReadonlyMap<number, number> = new Map([
  [HqError.badRequest, 400],
  [HqError.notFound, 404],
  [HqError.failed, 500],
]);
