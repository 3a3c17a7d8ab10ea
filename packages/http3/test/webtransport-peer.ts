import { concatBytes } from '@mpquic/wire';
import { encodeFrame, FrameType } from '../src/frame.ts';
import { defaultSettings, encodeSettings, type Http3Settings } from '../src/settings.ts';
import { WebTransportSetting, webTransportSettings } from '../src/webtransport/draft.ts';
import {
  WebTransportConnection,
  type WebTransportOptions,
} from '../src/webtransport/webtransport-connection.ts';
import type { WebTransportEvent } from '../src/webtransport/webtransport-event.ts';
import { headers, integer, MemoryTransport } from './memory-transport.ts';

export const SESSION_REQUEST: readonly (readonly [string, string])[] = [
  [':method', 'CONNECT'],
  [':protocol', 'webtransport'],
  [':scheme', 'https'],
  [':authority', 'app.example'],
  [':path', '/chat'],
];

/** A WebTransport connection against a peer whose every octet the test writes. */
export class WebTransportPeer {
  readonly transport: MemoryTransport;
  readonly connection: WebTransportConnection;

  constructor(role: 'client' | 'server', options: Partial<WebTransportOptions> = {}) {
    this.transport = new MemoryTransport(role);
    this.connection = new WebTransportConnection({ role, transport: this.transport, ...options });
    this.connection.http.start();
  }

  /** A server to which a client has opened session 0. */
  static withSession(options: Partial<WebTransportOptions> = {}): WebTransportPeer {
    const peer = new WebTransportPeer('server', options).settings().request(0);
    peer.events();
    peer.connection.accept(0);
    peer.events();
    return peer;
  }

  /** A client whose server has accepted session 0. */
  static withAcceptedSession(options: Partial<WebTransportOptions> = {}): WebTransportPeer {
    const peer = new WebTransportPeer('client', options).settings();
    peer.connection.openSession({ authority: 'app.example', path: '/chat' });
    peer.send(0, headers([[':status', '200']]));
    peer.events();
    return peer;
  }

  get #isClient(): boolean {
    return this.connection.http.role === 'client';
  }

  /** The peer's n-th unidirectional stream behind its control stream. */
  uni(index: number): number {
    return (index + 1) * 4 + (this.#isClient ? 3 : 2);
  }

  /** The server's n-th bidirectional stream. */
  serverBidi(index: number): number {
    return index * 4 + 1;
  }

  /** The peer opens its control stream; both drafts unless `unknown` says otherwise. */
  settings(settings: Partial<Http3Settings> = {}): this {
    const payload = encodeSettings({
      ...defaultSettings,
      h3Datagram: true,
      enableConnectProtocol: this.#isClient,
      unknown: webTransportSettings(4),
      ...settings,
    });
    const control = this.#isClient ? 3 : 2;
    return this.send(control, Uint8Array.of(0), encodeFrame(FrameType.settings, payload));
  }

  /** The client asks for a session. */
  request(
    sessionId: number,
    fields: readonly (readonly [string, string])[] = SESSION_REQUEST,
  ): this {
    return this.send(sessionId, headers(fields));
  }

  send(streamId: number, ...parts: readonly Uint8Array[]): this {
    this.connection.http.receiveStream(streamId, concatBytes(...parts), false);
    return this;
  }

  end(streamId: number, ...parts: readonly Uint8Array[]): this {
    this.connection.http.receiveStream(streamId, concatBytes(...parts), true);
    return this;
  }

  /** Octets in a DATA frame on the stream of a session. */
  capsule(sessionId: number, ...parts: readonly Uint8Array[]): this {
    return this.send(sessionId, encodeFrame(FrameType.data, concatBytes(...parts)));
  }

  events(): WebTransportEvent[] {
    const events: WebTransportEvent[] = [];
    for (let event = this.connection.nextEvent(); event; event = this.connection.nextEvent()) {
      events.push(event);
    }
    return events;
  }
}

/** Settings of draft-02 alone. */
export const DRAFT_02: ReadonlyMap<bigint, bigint> = new Map([
  [WebTransportSetting.enableWebTransport, 1n],
]);

/** What stands in front of a stream of that session. */
export function uniHeader(sessionId: number): Uint8Array {
  return concatBytes(integer(0x54), integer(sessionId));
}

export function bidiHeader(sessionId: number): Uint8Array {
  return concatBytes(integer(0x41), integer(sessionId));
}
