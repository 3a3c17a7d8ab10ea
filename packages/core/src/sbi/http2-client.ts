import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import type { CaptureTap } from '@mpquic/service';
import { type Address, formatAddress, plainOctets } from '@mpquic/wire';
import { decodeContent, encodeContent, MAX_CONTENT_LENGTH } from './content.ts';
import type { SbiRequest, SbiResponse } from './message.ts';
import { SbiProblem } from './problem.ts';
import { connectTapped } from './tapped-socket.ts';

/** How long a peer may take for an answer. */
const TIMEOUT_MS = 10_000;

/** The consumer side towards one network function: one HTTP/2 session, opened when needed. */
export class SbiHttp2Client {
  readonly #address: Address;
  readonly #tap: CaptureTap | undefined;
  #session: ClientHttp2Session | undefined;

  constructor(address: Address, tap?: CaptureTap) {
    this.#address = address;
    this.#tap = tap;
  }

  /** @throws {SbiProblem} 503 where the peer cannot be reached, 504 where it does not answer */
  async request(request: SbiRequest): Promise<SbiResponse> {
    const session = this.#connect();
    return await new Promise<SbiResponse>((resolve, reject) => {
      const content = encodeContent(request);
      const stream = session.request(
        {
          ':method': request.method,
          ':path': request.path,
          ...(content === undefined ? {} : { 'content-type': content.contentType }),
        },
        { endStream: content === undefined },
      );
      const chunks: Uint8Array[] = [];
      let length = 0;
      let headers: IncomingHttpHeaders | undefined;
      stream.on('response', (received) => {
        headers = received;
      });
      stream.on('data', (chunk: Uint8Array) => {
        length += chunk.length;
        if (length <= MAX_CONTENT_LENGTH) chunks.push(chunk);
        else stream.close();
      });
      stream.on('end', () => {
        // A session that ends under a request ends its stream as well, without an answer.
        if (headers === undefined || length > MAX_CONTENT_LENGTH) return;
        try {
          resolve(toResponse(headers, plainOctets(Buffer.concat(chunks))));
        } catch (error) {
          reject(error as Error);
        }
      });
      stream.on('error', () => reject(this.#unreachable()));
      stream.on('close', () => reject(this.#unreachable()));
      stream.setTimeout(TIMEOUT_MS, () => {
        stream.close();
        reject(new SbiProblem(504, 'TIMED_OUT_REQUEST', `${this.#place} does not answer`));
      });
      if (content !== undefined) stream.end(content.bytes);
    });
  }

  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
  }

  get #place(): string {
    return formatAddress(this.#address);
  }

  #connect(): ClientHttp2Session {
    const open = this.#session;
    if (open !== undefined && !open.closed && !open.destroyed) return open;
    const tap = this.#tap;
    const session = connect(
      `http://${this.#place}`,
      tap === undefined ? {} : { createConnection: () => connectTapped(this.#address, tap) },
    );
    session.on('error', () => session.destroy());
    session.on('goaway', () => session.destroy());
    this.#session = session;
    return session;
  }

  #unreachable(): SbiProblem {
    const detail = `nothing answers at ${this.#place}: start it first, or check the address`;
    return new SbiProblem(503, 'TARGET_NF_NOT_REACHABLE', detail);
  }
}

function toResponse(headers: IncomingHttpHeaders, bytes: Uint8Array): SbiResponse {
  const status = Number(headers[':status']);
  const { location } = headers;
  return {
    status,
    ...(location === undefined ? {} : { location }),
    ...decodeContent(headers['content-type'], bytes),
  };
}
