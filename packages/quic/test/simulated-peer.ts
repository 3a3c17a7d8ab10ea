import assert from 'node:assert/strict';
import type { Instant } from '@mpquic/wire';
import type { CloseReason, ConnectionEvent } from '../src/connection-event.ts';
import type { ConnectionMachine } from '../src/contract.ts';

/** What arrived on one stream. */
export interface Incoming {
  octets: number;
  ended: boolean;
  resetCode: number | undefined;
}

/** What is sent on one stream. */
export interface Outgoing {
  readonly length: number;
  written: number;
  delivered: boolean;
  resetCode: number | undefined;
}

const PERIOD = 65_521;
/** Every stream carries the octets of this block over and over; its period divides no buffer size. */
const PATTERN = Uint8Array.from({ length: PERIOD + 65_536 }, (_, i) => {
  const at = i % PERIOD;
  return (at ^ (at >>> 8) ^ (at >>> 5)) & 255;
});

/** The application at one end of a connection: sends patterns, checks and counts what arrives. */
export class SimulatedPeer {
  readonly connection: ConnectionMachine;
  readonly incoming: Map<number, Incoming> = new Map();
  readonly outgoing: Map<number, Outgoing> = new Map();
  /** Octets that arrived on all streams. */
  received = 0;
  /** When octets last arrived, and the longest time without since {@link watch}. */
  lastArrival: Instant = 0;
  longestSilence = 0;
  readonly events: ConnectionEvent[] = [];
  datagramsSent = 0;
  datagramsReceived = 0;
  readonly datagramStatus: Map<number, string> = new Map();
  /** Streams that this end asked the other to stop. */
  readonly stopped: Set<number> = new Set();
  closed: CloseReason | undefined;

  constructor(connection: ConnectionMachine) {
    this.connection = connection;
  }

  /** Whether the event came. */
  has(type: ConnectionEvent['type']): boolean {
    return this.events.some((event) => event.type === type);
  }

  count(type: ConnectionEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** Opens a stream and sends `length` octets on it; its ID, or undefined at the limit. */
  send(length: number, direction: 'bidi' | 'uni' = 'uni'): number | undefined {
    const streamId = this.connection.openStream(direction);
    if (streamId !== undefined) this.sendOn(streamId, length);
    return streamId;
  }

  /** Sends `length` octets on an open stream, and ends it. */
  sendOn(streamId: number, length: number): void {
    this.outgoing.set(streamId, { length, written: 0, delivered: false, resetCode: undefined });
    this.#write(streamId);
  }

  reset(streamId: number, code: number): void {
    this.connection.resetStream(streamId, code);
    const outgoing = this.outgoing.get(streamId);
    if (outgoing !== undefined && !outgoing.delivered) outgoing.resetCode ??= code;
  }

  stop(streamId: number, code: number): void {
    this.stopped.add(streamId);
    this.connection.stopSending(streamId, code);
  }

  /** Starts to measure {@link longestSilence}. */
  watch(now: Instant): void {
    this.lastArrival = now;
    this.longestSilence = 0;
  }

  handle(event: ConnectionEvent, now: Instant): void {
    if (event.type !== 'stream_readable' && event.type !== 'stream_writable') {
      this.events.push(event);
    }
    if (event.type === 'stream_readable') this.#read(event.streamId, now);
    else if (event.type === 'stream_writable') this.#write(event.streamId);
    else if (event.type === 'stream_reset') this.#incoming(event.streamId).resetCode = event.code;
    else if (event.type === 'stream_delivered' || event.type === 'stream_stopped') {
      this.#finished(event);
    } else if (event.type === 'datagram') this.datagramsReceived += 1;
    else if (event.type === 'datagram_status') {
      for (let id = event.datagramId; id < event.datagramId + event.count; id++) {
        assert.equal(this.datagramStatus.has(id), false, 'one status per datagram');
        this.datagramStatus.set(id, event.status);
      }
    } else if (event.type === 'closed') this.closed = event.reason;
  }

  #finished(event: ConnectionEvent & { type: 'stream_delivered' | 'stream_stopped' }): void {
    const outgoing = this.outgoing.get(event.streamId);
    if (outgoing === undefined) return;
    if (event.type === 'stream_stopped') outgoing.resetCode ??= event.code;
    else outgoing.delivered = true;
  }

  #write(streamId: number): void {
    const outgoing = this.outgoing.get(streamId);
    if (outgoing === undefined || outgoing.resetCode !== undefined) return;
    for (;;) {
      const at = outgoing.written % PERIOD;
      const length = Math.min(65_536, outgoing.length - outgoing.written);
      const last = outgoing.written + length === outgoing.length;
      const taken = this.connection.writeStream(streamId, PATTERN.subarray(at, at + length), last);
      outgoing.written += taken;
      if (taken < length || last) return;
    }
  }

  #incoming(streamId: number): Incoming {
    let incoming = this.incoming.get(streamId);
    if (incoming === undefined) {
      incoming = { octets: 0, ended: false, resetCode: undefined };
      this.incoming.set(streamId, incoming);
    }
    return incoming;
  }

  #read(streamId: number, now: Instant): void {
    const incoming = this.#incoming(streamId);
    let chunk = this.connection.readStream(streamId);
    while (chunk !== undefined) {
      assert.equal(incoming.ended, false, 'octets behind the end');
      checkPattern(chunk.data, incoming.octets);
      incoming.octets += chunk.data.length;
      this.received += chunk.data.length;
      incoming.ended = chunk.fin;
      chunk = this.connection.readStream(streamId);
    }
    this.longestSilence = Math.max(this.longestSilence, now - this.lastArrival);
    this.lastArrival = now;
  }
}

function checkPattern(data: Uint8Array, offset: number): void {
  for (let from = 0; from < data.length; ) {
    const at = (offset + from) % PERIOD;
    const length = Math.min(data.length - from, PATTERN.length - at);
    const isWrong = Buffer.compare(
      data.subarray(from, from + length),
      PATTERN.subarray(at, at + length),
    );
    assert.equal(isWrong, 0, `octets ${offset + from} to ${offset + from + length}`);
    from += length;
  }
}
