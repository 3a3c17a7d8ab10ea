import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { CaptureTap } from '@mpquic/service';
import { type Address, formatAddress } from '@mpquic/wire';
import { decodeContent, encodeContent, joined, MAX_CONTENT_LENGTH } from './content.ts';
import type { SbiRequest, SbiResponse } from './message.ts';
import { SbiProblem } from './problem.ts';
import { connectTapped } from './tapped-socket.ts';

/** How long a peer may take for an answer. */
const TIMEOUT_MS = 10_000;
const END_STREAM = { endStream: true } as const;

/** A request that is not answered yet. */
interface Call {
  readonly stream: ClientHttp2Stream;
  /** By `performance.now()`. */
  readonly deadline: number;
  reject(reason: SbiProblem): void;
}

/** The consumer side towards one network function: one HTTP/2 session, opened when needed. */
export class SbiHttp2Client {
  readonly #address: Address;
  readonly #tap: CaptureTap | undefined;
  #session: ClientHttp2Session | undefined;
  /** In the order of their deadlines. */
  readonly #calls = new Set<Call>();
  #timer: NodeJS.Timeout | undefined;

  constructor(address: Address, tap?: CaptureTap) {
    this.#address = address;
    this.#tap = tap;
  }

  /** @throws {SbiProblem} 503 where the peer cannot be reached, 504 where it does not answer */
  async request(request: SbiRequest): Promise<SbiResponse> {
    const session = this.#connect();
    const content = encodeContent(request);
    const headers = { ':method': request.method, ':path': request.path };
    const stream =
      content === undefined
        ? session.request(headers, END_STREAM)
        : session.request({ ...headers, 'content-type': content.contentType });
    const response = this.#responseOn(stream);
    if (content !== undefined) stream.end(content.bytes);
    return await response;
  }

  #responseOn(stream: ClientHttp2Stream): Promise<SbiResponse> {
    return new Promise<SbiResponse>((resolve, reject) => {
      const call: Call = { stream, deadline: performance.now() + TIMEOUT_MS, reject };
      this.#watch(call);
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
        this.#calls.delete(call);
        try {
          resolve(toResponse(headers, joined(chunks)));
        } catch (error) {
          reject(error as Error);
        }
      });
      const failed = (): void => {
        if (this.#calls.delete(call)) reject(this.#unreachable());
      };
      stream.on('error', failed);
      stream.on('close', failed);
    });
  }

  /** One timer looks after all calls: a timer for each costs more than the call. */
  #watch(call: Call): void {
    this.#calls.add(call);
    this.#timer ??= setInterval(() => this.#endOverdue(), TIMEOUT_MS / 10).unref();
  }

  #endOverdue(): void {
    const now = performance.now();
    for (const call of this.#calls) {
      if (call.deadline > now) break;
      this.#calls.delete(call);
      call.stream.close();
      call.reject(new SbiProblem(504, 'TIMED_OUT_REQUEST', `${this.#place} does not answer`));
    }
    if (this.#calls.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
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
