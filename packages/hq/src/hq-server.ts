import { QuicError, type QuicStream } from '@mpquic/endpoint';
import type { FileRoot } from './file-root.ts';
import { octets } from './octet-source.ts';
import { BadRequest, readRequest } from './request.ts';

/** Why a stream was reset instead of answered. The protocol has no codes of its own: ours. */
export const HqError = { badRequest: 0x400, notFound: 0x404, failed: 0x500 } as const;

/** What a finished request came to. */
export interface ServedRequest {
  readonly path: string | undefined;
  readonly bytes: number;
  readonly error: Error | undefined;
}

/**
 * Answers one request of hq-interop (HTTP/0.9 over a bidirectional stream): `GET /N` with N octets, any other
 * path with the file below `root`; the end of the stream ends the answer. Never rejects.
 */
export async function serveRequest(
  stream: QuicStream,
  root: FileRoot | undefined,
): Promise<ServedRequest> {
  let path: string | undefined;
  let bytes = 0;
  try {
    path = await readRequest(stream);
    const content = await contentOf(path, root);
    if (content === undefined) throw refusal(HqError.notFound, `no file ${path}`);
    const { writer } = stream;
    if (Symbol.asyncIterator in content) {
      for await (const chunk of content) {
        await writer.write(chunk, HANDED_OVER);
        bytes += chunk.length;
      }
    } else {
      stream.highWaterMark = COMPUTED_WAITING;
      for (const chunk of content) {
        if (!writer.writeSync(chunk, HANDED_OVER)) await writer.write(chunk, HANDED_OVER);
        bytes += chunk.length;
      }
    }
    await writer.end();
    await stream.closed;
    return { path, bytes, error: undefined };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    stream.destroy(
      error instanceof BadRequest ? refusal(HqError.badRequest, error.message) : error,
      error instanceof QuicError || error instanceof BadRequest ? {} : { code: HqError.failed },
    );
    return { path, bytes, error };
  }
}

async function contentOf(
  path: string,
  root: FileRoot | undefined,
): Promise<Iterable<Uint8Array> | AsyncIterable<Uint8Array> | undefined> {
  const length = /^\/(?<length>\d{1,15})$/.exec(path)?.groups?.['length'];
  if (length !== undefined) return octets(Number(length));
  return root?.read(path);
}

const HANDED_OVER = { transfer: true } as const;

/** Octets that are computed are one block of memory: however many wait, they take no more. */
const COMPUTED_WAITING = 1 << 25;

function refusal(code: number, message: string): QuicError {
  return new QuicError(message, { errorCode: code, code: 'ERR_HQ_REFUSED' });
}
