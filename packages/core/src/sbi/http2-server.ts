import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { listeningAddress, listenOn } from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import { decodeContent, encodeContent, joined, MAX_CONTENT_LENGTH } from './content.ts';
import type { SbiMethod, SbiRequest, SbiResponse } from './message.ts';
import { SbiProblem } from './problem.ts';

/** Serves requests; never rejects. */
export type SbiService = (request: SbiRequest) => Promise<SbiResponse>;

const MAX_SESSIONS = 64;
const MAX_CONCURRENT_STREAMS = 256;

/** The producer side of one network function: HTTP/2 without TLS, with prior knowledge. TS 29.500 §5.2 */
export class SbiHttp2Server {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  private constructor(server: Http2Server) {
    this.#server = server;
  }

  /** @throws {Error} of node:net where the address cannot be listened on */
  static async listen(address: Address, service: SbiService): Promise<SbiHttp2Server> {
    const server = createServer({
      settings: { maxConcurrentStreams: MAX_CONCURRENT_STREAMS, maxHeaderListSize: 8_192 },
      maxSessionMemory: 16,
    });
    const self = new SbiHttp2Server(server);
    server.on('session', (session) => self.#admit(session));
    server.on('stream', (stream, headers) => serve(service, stream, headers));
    // A peer that breaks HTTP/2 loses its session; there is nobody else to tell.
    server.on('sessionError', () => undefined);
    await listenOn(server, address);
    return self;
  }

  get address(): Address {
    return listeningAddress(this.#server);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const session of this.#sessions) session.destroy();
    });
  }

  #admit(session: ServerHttp2Session): void {
    if (this.#sessions.size >= MAX_SESSIONS) {
      session.destroy();
      return;
    }
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
  }
}

function serve(service: SbiService, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const chunks: Uint8Array[] = [];
  let length = 0;
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Uint8Array) => {
    length += chunk.length;
    if (length <= MAX_CONTENT_LENGTH) chunks.push(chunk);
  });
  stream.on('end', () => {
    answer(service, headers, length, joined(chunks)).then(
      (response) => respond(stream, response),
      () => stream.close(),
    );
  });
}

async function answer(
  service: SbiService,
  headers: IncomingHttpHeaders,
  length: number,
  bytes: Uint8Array,
): Promise<SbiResponse> {
  try {
    if (length > MAX_CONTENT_LENGTH) {
      throw new SbiProblem(413, 'INVALID_MSG_FORMAT', 'the body is too long');
    }
    const method = headers[':method'] as SbiMethod;
    const path = String(headers[':path']).split('?', 1)[0] as string;
    const content = decodeContent(headers['content-type'], bytes);
    return await service({ method, path, ...content });
  } catch (error) {
    if (error instanceof SbiProblem) return error.toResponse();
    throw error;
  }
}

function respond(stream: ServerHttp2Stream, response: SbiResponse): void {
  if (stream.destroyed) return;
  const content = encodeContent(response);
  stream.respond(
    {
      ':status': response.status,
      ...(response.location === undefined ? {} : { location: response.location }),
      ...(content === undefined ? {} : { 'content-type': content.contentType }),
    },
    { endStream: content === undefined },
  );
  if (content !== undefined) stream.end(content.bytes);
}
