import type { QuicStream } from '@mpquic/endpoint';

/** A request that is no `GET /path`. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/**
 * Reads `GET /path`, which a line end or the end of the stream ends, and returns the path.
 * @throws {BadRequest}
 */
export async function readRequest(stream: QuicStream): Promise<string> {
  let text = '';
  for await (const chunks of stream) {
    for (const chunk of chunks) text += Buffer.from(chunk).toString('latin1');
    if (text.includes('\n')) break;
    if (text.length > MAX_REQUEST) throw new BadRequest('the request line is too long');
  }
  const match = /^GET (?<path>\/\S*)(?: HTTP\/0\.9)?\r?(?:\n|$)/.exec(text);
  const path = match?.groups?.['path'];
  if (path === undefined) throw new BadRequest('not a request of the form "GET /path"');
  return path;
}

/** The request line for `path`. */
export function requestLine(path: string): string {
  return `GET ${path}\r\n`;
}

const MAX_REQUEST = 8192;
