import { ByteWriter, concatBytes, toHex } from '@mpquic/wire';
import { encodeFrame, FrameType } from '../src/frame.ts';
import { Http3Connection } from '../src/http3-connection.ts';
import type { Http3Event } from '../src/http3-event.ts';
import type { Http3Options } from '../src/http3-options.ts';
import type { RequestHead } from '../src/message.ts';
import { encodeFieldSection } from '../src/qpack/encoder.ts';
import type { Field } from '../src/qpack/field.ts';
import { defaultSettings, encodeSettings, type Http3Settings } from '../src/settings.ts';
import type { DatagramRoute, Http3Transport } from '../src/transport.ts';

export interface SentStream {
  octets: Uint8Array;
  fin: boolean;
  reset?: number;
  stopped?: number;
}

/** A transport that keeps what it is given, for a test to look at or to carry to the other side. */
export class MemoryTransport implements Http3Transport {
  readonly streams: Map<number, SentStream> = new Map();
  readonly datagrams: Uint8Array[] = [];
  readonly routes: (DatagramRoute | undefined)[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  maxDatagramSize: number = 1200;
  /** Octets that each stream takes in one call. */
  room: number = Number.POSITIVE_INFINITY;
  streamLimit: number = 1000;
  readonly #base: number;
  readonly #opened = { bidi: 0, uni: 0 };

  constructor(role: 'client' | 'server') {
    this.#base = role === 'client' ? 0 : 1;
  }

  openStream(direction: 'bidi' | 'uni'): number | undefined {
    if (this.#opened[direction] >= this.streamLimit) return undefined;
    const index = this.#opened[direction]++;
    return index * 4 + this.#base + (direction === 'uni' ? 2 : 0);
  }

  writeStream(streamId: number, data: Uint8Array, fin: boolean): number {
    const stream = this.stream(streamId);
    const taken = Math.min(this.room, data.length);
    stream.octets = concatBytes(stream.octets, data.subarray(0, taken));
    stream.fin ||= fin && taken === data.length;
    return taken;
  }

  resetStream(streamId: number, code: number): void {
    this.stream(streamId).reset ??= code;
  }

  stopSending(streamId: number, code: number): void {
    this.stream(streamId).stopped ??= code;
  }

  sendDatagram(data: Uint8Array, route?: DatagramRoute): number | undefined {
    if (data.length > this.maxDatagramSize) return undefined;
    this.routes.push(route);
    return this.datagrams.push(data.slice());
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  stream(streamId: number): SentStream {
    const stream = this.streams.get(streamId) ?? { octets: new Uint8Array(), fin: false };
    this.streams.set(streamId, stream);
    return stream;
  }

  /** All octets of a stream, in hexadecimal. */
  hex(streamId: number): string {
    return toHex(this.stream(streamId).octets);
  }
}

export function eventsOf(connection: Http3Connection): Http3Event[] {
  const events: Http3Event[] = [];
  for (let event = connection.nextEvent(); event; event = connection.nextEvent())
    events.push(event);
  return events;
}

/** A connection against a peer whose every octet the test writes. */
export class ScriptedPeer {
  readonly transport: MemoryTransport;
  readonly connection: Http3Connection;

  constructor(role: 'client' | 'server', options: Partial<Http3Options> = {}) {
    this.transport = new MemoryTransport(role);
    this.connection = new Http3Connection({ role, transport: this.transport, ...options });
    this.connection.start();
  }

  /** The peer's n-th unidirectional stream. */
  uni(index: number): number {
    return index * 4 + (this.connection.role === 'client' ? 3 : 2);
  }

  /** The peer opens its control stream with these settings. */
  settings(settings: Partial<Http3Settings> = {}): this {
    const payload = encodeSettings({ ...defaultSettings, h3Datagram: true, ...settings });
    return this.control(encodeFrame(FrameType.settings, payload));
  }

  control(...frames: readonly Uint8Array[]): this {
    return this.send(this.uni(0), Uint8Array.of(0), ...frames);
  }

  send(streamId: number, ...parts: readonly Uint8Array[]): this {
    this.connection.receiveStream(streamId, concatBytes(...parts), false);
    return this;
  }

  end(streamId: number, ...parts: readonly Uint8Array[]): this {
    this.connection.receiveStream(streamId, concatBytes(...parts), true);
    return this;
  }

  events(): Http3Event[] {
    return eventsOf(this.connection);
  }
}

/** Two connections that hear each other. */
export class Pair {
  readonly client: MemoryTransport = new MemoryTransport('client');
  readonly server: MemoryTransport = new MemoryTransport('server');
  readonly clientConnection: Http3Connection;
  readonly serverConnection: Http3Connection;
  readonly #carried = new Map<SentStream, { octets: number; fin: boolean; reset: boolean }>();

  constructor(client: Partial<Http3Options> = {}, server: Partial<Http3Options> = {}) {
    const clientBase = { role: 'client', transport: this.client } as const;
    const serverBase = { role: 'server', transport: this.server } as const;
    this.clientConnection = new Http3Connection({ ...clientBase, ...client });
    this.serverConnection = new Http3Connection({ ...serverBase, ...server });
    this.clientConnection.start();
    this.serverConnection.start();
    this.carry();
  }

  /** Brings across all that waits, streams before datagrams, in pieces of `piece` octets. */
  carry(piece = 1_000): void {
    for (let busy = true; busy; ) {
      const forth = this.#carryFrom(this.client, this.serverConnection, piece);
      const back = this.#carryFrom(this.server, this.clientConnection, piece);
      busy = forth || back;
    }
  }

  #carryFrom(from: MemoryTransport, to: Http3Connection, piece: number): boolean {
    let busy = false;
    for (const [streamId, stream] of from.streams) {
      const done = this.#carried.get(stream) ?? { octets: 0, fin: false, reset: false };
      this.#carried.set(stream, done);
      while (done.octets < stream.octets.length || (stream.fin && !done.fin)) {
        const end = Math.min(stream.octets.length, done.octets + piece);
        done.fin = stream.fin && end === stream.octets.length;
        to.receiveStream(streamId, stream.octets.slice(done.octets, end), done.fin);
        done.octets = end;
        busy = true;
      }
      if (stream.reset === undefined || done.reset) continue;
      done.reset = true;
      to.streamReset(streamId, stream.reset);
    }
    for (const datagram of from.datagrams.splice(0)) {
      to.receiveDatagram(datagram);
      busy = true;
    }
    return busy;
  }
}

export function headers(fields: readonly (readonly [string, string])[]): Uint8Array {
  const section = fields.map(([name, value]): Field => ({ name, value }));
  return encodeFrame(FrameType.headers, encodeFieldSection(section));
}

export const GET: readonly (readonly [string, string])[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'upf.example'],
  [':path', '/'],
];

export const CONNECT_UDP: readonly (readonly [string, string])[] = [
  [':method', 'CONNECT'],
  [':protocol', 'connect-udp'],
  [':scheme', 'https'],
  [':authority', 'upf.example'],
  [':path', '/.well-known/masque/udp/192.0.2.6/443/'],
  ['capsule-protocol', '?1'],
];

/** A frame or control payload of one integer. */
export function integer(value: number | bigint): Uint8Array {
  return new ByteWriter().varint62(BigInt(value)).finish();
}

export const REQUEST: RequestHead = {
  method: 'GET',
  scheme: 'https',
  authority: 'upf.example',
  path: '/file',
  protocol: undefined,
  fields: [{ name: 'accept', value: '*/*' }],
};
