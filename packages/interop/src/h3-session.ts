import type { ConnectionHandler, QuicSession } from '@mpquic/endpoint';
import { fieldValue, Http3Connection, type Http3Event, type RequestHead } from '@mpquic/http3';
import { QuicTransport } from '@mpquic/masque';
import type { ConnectionEvent, ConnectionMachine } from '@mpquic/quic';
import { Changes } from './changes.ts';
import { CaseFailure } from './matrix.ts';
import { DATAGRAM_ECHO } from './quic/quic-peer.ts';

/** Octets of the answers that {@link H3Session.server} gives: the number that the path names. */
const PIECE = new Uint8Array(65_536).fill(0x61);

interface Answer {
  readonly resolve: (octets: number) => void;
  readonly reject: (error: Error) => void;
  octets: number;
}

/** Plain HTTP/3 over a session, as far as cases need it: GET, answered with so many octets. */
export class H3Session implements ConnectionHandler {
  /** Requests that were answered, by path. */
  readonly served: string[] = [];
  readonly #http: Http3Connection;
  readonly #machine: ConnectionMachine;
  readonly #answers = new Map<number, Answer>();
  readonly #owed = new Map<number, number>();
  /** Extended CONNECTs that were answered with 200. */
  readonly #tunnels = new Set<number>();
  readonly #echoed: Uint8Array[] = [];
  readonly #changes = new Changes();
  #over: string | undefined;
  #started = false;

  private constructor(session: QuicSession, role: 'client' | 'server') {
    const driven = session.handOver(this);
    this.#machine = driven.machine;
    this.#http = new Http3Connection({ role, transport: new QuicTransport(session, driven) });
    // With 0-RTT, requests go out before the handshake is complete, and the settings with them.
    if (session.handshake !== undefined || this.#machine.earlyData === 'offered') this.#start();
  }

  static client(session: QuicSession): H3Session {
    return new H3Session(session, 'client');
  }

  /** Answers `GET /N` with N octets. */
  static server(session: QuicSession): H3Session {
    return new H3Session(session, 'server');
  }

  /** The octets of the body of the answer, whose status must be 200. @throws {CaseFailure} */
  get(authority: string, path: string): Promise<number> {
    const head = {
      method: 'GET',
      scheme: 'https',
      authority,
      path,
      protocol: undefined,
      fields: [],
    };
    const streamId = this.#http.request(head, true);
    if (streamId === undefined) throw new CaseFailure('the peer allows no request');
    return new Promise((resolve, reject) => {
      this.#answers.set(streamId, { resolve, reject, octets: 0 });
    });
  }

  /** Sends datagrams by extended CONNECT and waits until all came back. @throws {CaseFailure} */
  async echoDatagrams(authority: string, count: number): Promise<number> {
    await this.#until(() => this.#http.peerSettings !== undefined);
    const head = { method: 'CONNECT', scheme: 'https', authority, path: '/', fields: [] };
    const streamId = this.#http.request({ ...head, protocol: DATAGRAM_ECHO }, false);
    if (streamId === undefined) throw new CaseFailure('the peer allows no request');
    await this.#until(() => this.#tunnels.has(streamId));
    for (let i = 0; i < count; i++) {
      this.#http.sendDatagram(streamId, new Uint8Array(), new Uint8Array(500).fill(i));
    }
    await this.#until(() => this.#echoed.length === count);
    return this.#echoed.filter(({ length }) => length === 500).length;
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#over !== undefined) throw new CaseFailure(this.#over);
      await this.#changes.next();
    }
  }

  connectionEvent(event: ConnectionEvent): void {
    if (event.type === 'handshake_complete') this.#start();
    else if (event.type === 'stream_readable') this.#read(event.streamId);
    else if (event.type === 'datagram') this.#http.receiveDatagram(event.data);
    else if (event.type === 'stream_writable') this.#http.streamWritable(event.streamId);
    else if (event.type === 'stream_reset') this.#http.streamReset(event.streamId, event.code);
    else if (event.type === 'stream_stopped') this.#http.streamStopped(event.streamId, event.code);
    else if (event.type === 'closing') this.#fail(`the connection is over: ${event.reason.reason}`);
    for (let one = this.#http.nextEvent(); one !== undefined; one = this.#http.nextEvent()) {
      this.#take(one);
    }
    this.#changes.announce();
  }

  #start(): void {
    if (!this.#started) this.#http.start();
    this.#started = true;
  }

  #read(streamId: number): void {
    for (let chunk = this.#machine.readStream(streamId); chunk !== undefined; ) {
      this.#http.receiveStream(streamId, chunk.data, chunk.fin);
      chunk = chunk.fin ? undefined : this.#machine.readStream(streamId);
    }
  }

  #take(event: Http3Event): void {
    if (event.type === 'request') {
      this.#serve(event.streamId, event.request);
    } else if (event.type === 'datagram') {
      this.#takeDatagram(event.streamId, event.payload);
    } else if (event.type === 'writable') {
      this.#send(event.streamId);
    } else if (event.type === 'reset') {
      this.#answers.get(event.streamId)?.reject(new CaseFailure(`reset: ${event.reason}`));
    } else {
      this.#takeAnswer(event);
    }
  }

  #serve(streamId: number, request: RequestHead): void {
    const path = request.path ?? '';
    this.served.push(path);
    if (request.protocol !== undefined) {
      this.#http.respond(streamId, { status: 200, fields: [] }, false);
      return;
    }
    const octets = Number(path.slice(1)) || 0;
    const fields = [{ name: 'content-length', value: String(octets) }];
    this.#http.respond(streamId, { status: 200, fields }, false);
    this.#owed.set(streamId, octets);
    this.#send(streamId);
  }

  #takeDatagram(streamId: number, payload: Uint8Array): void {
    if (this.#http.role === 'server') this.#http.sendDatagram(streamId, new Uint8Array(), payload);
    else this.#echoed.push(payload);
  }

  #takeAnswer(event: Http3Event): void {
    if (event.type === 'response' && event.response.status === 200) {
      this.#tunnels.add(event.streamId);
    }
    const answer = 'streamId' in event ? this.#answers.get(event.streamId) : undefined;
    if (answer === undefined) return;
    if (event.type === 'response' && event.response.status !== 200) {
      const server = fieldValue(event.response.fields, 'server') ?? 'the server';
      answer.reject(new CaseFailure(`${server} answers ${event.response.status}`));
    } else if (event.type === 'data') answer.octets += event.data.length;
    else if (event.type === 'end') answer.resolve(answer.octets);
  }

  #send(streamId: number): void {
    for (;;) {
      const left = this.#owed.get(streamId);
      if (left === undefined) return;
      const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
      const isLast = piece.length === left;
      const taken = this.#http.sendData(streamId, piece, isLast);
      if (isLast && taken === piece.length) this.#owed.delete(streamId);
      else if (taken === 0) return;
      else this.#owed.set(streamId, left - taken);
    }
  }

  #fail(reason: string): void {
    this.#over = reason;
    for (const { reject } of this.#answers.values()) reject(new CaseFailure(reason));
  }
}
