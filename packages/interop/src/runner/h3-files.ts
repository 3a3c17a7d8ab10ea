import type { ConnectionHandler, QuicSession } from '@mpquic/endpoint';
import { Http3Connection, type Http3Event } from '@mpquic/http3';
import { QuicTransport } from '@mpquic/masque';
import type { ConnectionEvent, ConnectionMachine } from '@mpquic/quic';

/** The content at a path; undefined where there is none. */
export type ContentOf = (path: string) => Promise<Uint8Array | undefined>;

interface Download {
  readonly chunks: Uint8Array[];
  readonly resolve: (content: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

interface Upload {
  readonly content: Uint8Array;
  sent: number;
}

/** Files over HTTP/3: GET, by a client or a server. RFC 9114 */
export class H3Files implements ConnectionHandler {
  readonly #http: Http3Connection;
  readonly #machine: ConnectionMachine;
  readonly #wake: () => void;
  readonly #contentOf: ContentOf | undefined;
  readonly #downloads = new Map<number, Download>();
  readonly #uploads = new Map<number, Upload>();

  private constructor(session: QuicSession, contentOf?: ContentOf) {
    const driven = session.handOver(this);
    this.#machine = driven.machine;
    this.#wake = () => driven.wake();
    this.#contentOf = contentOf;
    const role = contentOf === undefined ? 'client' : 'server';
    this.#http = new Http3Connection({ role, transport: new QuicTransport(session, driven) });
    if (session.handshake !== undefined) this.#http.start();
  }

  static client(session: QuicSession): H3Files {
    return new H3Files(session);
  }

  static server(session: QuicSession, contentOf: ContentOf): H3Files {
    return new H3Files(session, contentOf);
  }

  /** The body of the answer. Rejects where its status is not 200, or the connection ends. */
  get({ host, pathname }: URL): Promise<Uint8Array> {
    const head = { method: 'GET', scheme: 'https', authority: host, path: pathname, fields: [] };
    const streamId = this.#http.request({ ...head, protocol: undefined }, true);
    if (streamId === undefined) return Promise.reject(new Error('the server allows no request'));
    this.#wake();
    return new Promise((resolve, reject) => {
      this.#downloads.set(streamId, { chunks: [], resolve, reject });
    });
  }

  connectionEvent(event: ConnectionEvent): void {
    if (event.type === 'handshake_complete') this.#http.start();
    else if (event.type === 'stream_readable') this.#read(event.streamId);
    else if (event.type === 'stream_writable') this.#http.streamWritable(event.streamId);
    else if (event.type === 'stream_reset') this.#http.streamReset(event.streamId, event.code);
    else if (event.type === 'stream_stopped') this.#http.streamStopped(event.streamId, event.code);
    else if (event.type === 'closing') this.#over(event.reason.reason);
    for (let one = this.#http.nextEvent(); one !== undefined; one = this.#http.nextEvent()) {
      this.#take(one);
    }
  }

  #read(streamId: number): void {
    for (let chunk = this.#machine.readStream(streamId); chunk !== undefined; ) {
      this.#http.receiveStream(streamId, chunk.data, chunk.fin);
      chunk = chunk.fin ? undefined : this.#machine.readStream(streamId);
    }
  }

  #take(event: Http3Event): void {
    if (event.type === 'request') void this.#answer(event.streamId, event.request.path ?? '');
    else if (event.type === 'writable') this.#send(event.streamId);
    if (!('streamId' in event)) return;
    const download = this.#downloads.get(event.streamId);
    if (download === undefined) return;
    if (event.type === 'response' && event.response.status !== 200) {
      download.reject(new Error(`the server answers ${event.response.status}`));
    } else if (event.type === 'data') download.chunks.push(event.data.slice());
    else if (event.type === 'end') download.resolve(Buffer.concat(download.chunks));
    else if (event.type === 'reset') download.reject(new Error(`reset: ${event.reason}`));
  }

  async #answer(streamId: number, path: string): Promise<void> {
    const content = await this.#contentOf?.(path).catch(() => undefined);
    const fields = [{ name: 'content-length', value: String(content?.length ?? 0) }];
    const isEmpty = content === undefined || content.length === 0;
    this.#http.respond(streamId, { status: content === undefined ? 404 : 200, fields }, isEmpty);
    if (!isEmpty) {
      this.#uploads.set(streamId, { content, sent: 0 });
      this.#send(streamId);
    }
    this.#wake();
  }

  #send(streamId: number): void {
    const upload = this.#uploads.get(streamId);
    if (upload === undefined) return;
    const { content } = upload;
    for (let taken = 1; taken > 0 && upload.sent < content.length; ) {
      taken = this.#http.sendData(streamId, content.subarray(upload.sent), true);
      upload.sent += taken;
    }
    if (upload.sent === content.length) this.#uploads.delete(streamId);
  }

  #over(reason: string): void {
    for (const { reject } of this.#downloads.values()) {
      reject(new Error(`the connection is over: ${reason}`));
    }
  }
}
