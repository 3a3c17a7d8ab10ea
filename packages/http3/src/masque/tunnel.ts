import type { Instant } from '@mpquic/wire';
import { CapsuleParser, CapsuleType, encodeCapsule } from '../capsule.ts';
import { Http3ErrorCode, Http3StreamError } from '../error-code.ts';
import type { Http3Connection } from '../http3-connection.ts';
import type { DatagramRoute } from '../transport.ts';
import { DatagramContexts } from './datagram-contexts.ts';
import {
  DEFAULT_REORDERING,
  ReorderingBuffer,
  type ReorderingOptions,
} from './reordering-buffer.ts';
import { encodeSequenceContext, SequenceWriter } from './sequence-context.ts';

/**
 * How payloads travel: in QUIC datagrams with sequence numbers, in QUIC datagrams as they are, or in
 * capsules on the stream. TS 23.501 §5.32.6.2.2
 */
export type TransportMode = 'datagram-1' | 'datagram-2' | 'stream';

/** Why a tunnel is over. */
export interface TunnelEnd {
  readonly by: 'local' | 'peer';
  /** An HTTP/3 code; H3_NO_ERROR where the stream ended as it should. */
  readonly code: number;
  readonly reason: string;
}

export type SendOutcome = 'sent' | 'too_large' | 'no_room' | 'closed';

/** What a tunnel hands its payloads to. */
export interface TunnelHandler {
  /** Payloads and capsules may be sent from now on. */
  opened?(tunnel: Tunnel, now: Instant): void;
  /** Takes a payload as a view that stays unchanged, but for {@link lent}. @throws {Http3StreamError} */
  receive(payload: Uint8Array, now: Instant): void;
  /** Whether payloads are lent to {@link receive} for the call: their memory then serves those that come next. */
  readonly lent?: boolean;
  /** @throws {Http3StreamError} */
  receiveCapsule?(type: number, value: Uint8Array, now: Instant): void;
  /** Comes once, opened or not. */
  ended(end: TunnelEnd): void;
  nextTimeout?(): Instant | undefined;
  /** @throws {Http3StreamError} */
  handleTimeout?(now: Instant): void;
}

export interface TunnelOptions {
  readonly connection: Http3Connection;
  readonly streamId: number;
  readonly role: 'client' | 'proxy';
  /** Octets of the longest payload: 65,527 for UDP. A longer one aborts the stream. RFC 9298 §5 */
  readonly maximumPayload: number;
  /** Capsules for the handler, each with the octets of its longest value. */
  readonly capsules: ReadonlyMap<number, number>;
  readonly handler: TunnelHandler;
  readonly reordering?: ReorderingOptions | undefined;
  /** How the transport is to send the datagrams of this tunnel. */
  readonly route?: DatagramRoute | undefined;
}

export interface TunnelCounters {
  readonly payloadsSent: number;
  readonly octetsSent: number;
  readonly payloadsReceived: number;
  readonly octetsReceived: number;
  /** Payloads that were not sent: too large, no room, or no way. */
  readonly sendDrops: number;
  /** Datagrams without or of unknown context. */
  readonly receiveDrops: number;
  readonly duplicates: number;
  readonly late: number;
}

/** Waits until the tunnel opens. */
interface EarlyInput {
  readonly data: Uint8Array[];
  octets: number;
  readonly datagrams: Uint8Array[];
}

/** Payloads and capsules on one extended CONNECT stream. RFC 9297 §3, RFC 9298 §5, RFC 9484 §6 */
export class Tunnel {
  readonly streamId: number;
  readonly #options: TunnelOptions;
  readonly #connection: Http3Connection;
  readonly #capsules: CapsuleParser;
  readonly #contexts: DatagramContexts;
  readonly #reordering: ReorderingBuffer;
  #mode: TransportMode = 'datagram-2';
  #route: DatagramRoute | undefined;
  #sequence: SequenceWriter | undefined;
  #ended = false;
  #now: Instant = 0;
  #payloadsSent = 0;
  #octetsSent = 0;
  #payloadsReceived = 0;
  #octetsReceived = 0;
  #sendDrops = 0;
  #cameByCapsule = false;
  /** What comes before the tunnel is open. */
  #early: EarlyInput | undefined = { data: [], octets: 0, datagrams: [] };
  #earlyDrops = 0;

  constructor(options: TunnelOptions) {
    this.streamId = options.streamId;
    this.#options = options;
    this.#connection = options.connection;
    this.#route = options.route;
    this.#reordering = new ReorderingBuffer(options.reordering ?? DEFAULT_REORDERING, (payload) =>
      this.#deliver(payload),
    );
    this.#contexts = new DatagramContexts({
      role: options.role,
      plain: (payload) => this.#deliver(payload),
      numbered: (sequence, payload) => this.#reordering.receive(sequence, payload, this.#now),
    });
    const known = new Map(options.capsules);
    known.set(CapsuleType.datagram, options.maximumPayload + LONGEST_HEAD);
    known.set(CapsuleType.registerSequenceContext, LONGEST_REGISTRATION);
    this.#capsules = new CapsuleParser({
      known,
      take: (type, value) => this.#capsule(type, value),
    });
  }

  get mode(): TransportMode {
    return this.#mode;
  }

  /** Whether the response came or was sent. */
  get isOpen(): boolean {
    return this.#early === undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the peer sends its payloads in capsules. */
  get cameByCapsule(): boolean {
    return this.#cameByCapsule;
  }

  get counters(): TunnelCounters {
    return {
      payloadsSent: this.#payloadsSent,
      octetsSent: this.#octetsSent,
      payloadsReceived: this.#payloadsReceived,
      octetsReceived: this.#octetsReceived,
      sendDrops: this.#sendDrops,
      receiveDrops: this.#contexts.dropped + this.#earlyDrops,
      duplicates: this.#reordering.duplicates,
      late: this.#reordering.late,
    };
  }

  /** Octets of the largest payload that can be sent now. */
  get maximumPayload(): number {
    const { maximumPayload } = this.#options;
    if (this.#usesStream) return maximumPayload;
    const head = this.#sequence === undefined ? 1 : NUMBERED_HEAD;
    return Math.min(maximumPayload, this.#connection.maxDatagramSize(this.streamId) - head);
  }

  /** The response came or was sent. What came early is taken now. @throws {Http3StreamError} */
  open(now: Instant): void {
    const early = this.#early;
    if (early === undefined || this.#ended) return;
    this.#early = undefined;
    this.#options.handler.opened?.(this, now);
    for (const data of early.data) this.receiveData(data, now);
    for (const datagram of early.datagrams) this.receiveDatagram(datagram, now);
  }

  /** How payloads go from now on. Mode 1 tells the peer of its numbers first. */
  setMode(mode: TransportMode): void {
    this.#mode = mode;
    if (mode !== 'datagram-1' || this.#sequence !== undefined) return;
    // Context IDs of clients are even, those of proxies odd. RFC 9298 §4
    const contextId = this.#options.role === 'client' ? 2 : 1;
    this.#sequence = new SequenceWriter(contextId);
    const context = encodeSequenceContext({ contextId, payloadContextId: 0, bits: 32 });
    this.sendCapsule(CapsuleType.registerSequenceContext, context);
  }

  /** How the transport is to send the datagrams of this tunnel from now on. */
  setRoute(route: DatagramRoute | undefined): void {
    this.#route = route;
  }

  /**
   * Sends a payload, or drops it: nothing waits. The octets of datagrams are copied.
   * @param route in place of that of the tunnel
   */
  send(payload: Uint8Array, route: DatagramRoute | undefined = this.#route): SendOutcome {
    const outcome = this.#send(payload, route);
    if (outcome === 'sent') {
      this.#payloadsSent += 1;
      this.#octetsSent += payload.length;
    } else {
      this.#sendDrops += 1;
    }
    return outcome;
  }

  /** Queues a capsule, which is never lost. */
  sendCapsule(type: number, value: Uint8Array): void {
    if (!this.#ended) this.#connection.queueData(this.streamId, encodeCapsule(type, value));
  }

  /** Octets of the stream. @throws {Http3StreamError} */
  receiveData(data: Uint8Array, now: Instant): void {
    this.#now = now;
    if (this.#ended) return;
    if (this.#early === undefined) {
      this.#capsules.push(data);
      return;
    }
    this.#early.data.push(data);
    this.#early.octets += data.length;
    if (this.#early.octets > EARLY_OCTETS) {
      throw new Http3StreamError('H3_EXCESSIVE_LOAD', 'too many octets before the tunnel is open');
    }
  }

  /** Whether {@link receiveLent} takes payloads: the tunnel is open, and its handler keeps none. */
  get borrows(): boolean {
    return this.#early === undefined && !this.#ended && this.#options.handler.lent === true;
  }

  /** A payload of context 0, lent for the call, where the tunnel {@link borrows}. @throws {Http3StreamError} */
  receiveLent(payload: Uint8Array, now: Instant): void {
    this.#now = now;
    this.#deliver(payload);
  }

  /** The payload of an HTTP datagram, from `at` on. True where nobody keeps any of it. @throws {Http3StreamError} */
  receiveDatagram(datagram: Uint8Array, now: Instant, at = 0): boolean {
    this.#now = now;
    if (this.#ended) return true;
    const early = this.#early;
    if (early === undefined) {
      return this.#contexts.receive(datagram, now, at) && this.#options.handler.lent === true;
    }
    if (early.datagrams.length < EARLY_DATAGRAMS) early.datagrams.push(datagram.subarray(at));
    else this.#earlyDrops += 1;
    return false;
  }

  /** The peer ended the stream. @throws {Http3StreamError} where that cuts a capsule. RFC 9297 §3.3 */
  receiveEnd(): void {
    if (!this.#capsules.betweenCapsules) {
      throw new Http3StreamError('H3_MESSAGE_ERROR', 'the stream ends inside a capsule');
    }
    if (this.#early !== undefined) {
      this.abort(Http3ErrorCode.H3_REQUEST_CANCELLED, 'ended before it was open');
      return;
    }
    this.#connection.sendData(this.streamId, NOTHING, true);
    this.#over({ by: 'peer', code: Http3ErrorCode.H3_NO_ERROR, reason: 'ended by the peer' });
  }

  /** The stream is gone. */
  receiveReset(by: 'local' | 'peer', code: number, reason: string): void {
    this.#over({ by, code, reason });
  }

  /** Ends the tunnel as it should end. */
  close(reason = 'closed'): void {
    if (this.#ended) return;
    this.#connection.sendData(this.streamId, NOTHING, true);
    this.#over({ by: 'local', code: Http3ErrorCode.H3_NO_ERROR, reason });
  }

  /** Ends it with an error. */
  abort(code: number, reason: string): void {
    if (this.#ended) return;
    this.#connection.cancel(this.streamId, code);
    this.#over({ by: 'local', code, reason });
  }

  nextTimeout(): Instant | undefined {
    if (this.#ended) return undefined;
    const reordering = this.#reordering.nextTimeout();
    const handler = this.#options.handler.nextTimeout?.();
    return handler === undefined || (reordering ?? handler) < handler ? reordering : handler;
  }

  /** @throws {Http3StreamError} */
  handleTimeout(now: Instant): void {
    this.#now = now;
    if (this.#ended) return;
    this.#reordering.handleTimeout(now);
    const due = this.#options.handler.nextTimeout?.();
    if (due !== undefined && due <= now) this.#options.handler.handleTimeout?.(now);
  }

  get #usesStream(): boolean {
    if (this.#mode === 'stream' || !this.#connection.datagramsEnabled) return true;
    return this.#answersInCapsules;
  }

  /** A proxy answers as it is asked. */
  get #answersInCapsules(): boolean {
    return this.#cameByCapsule && this.#options.role === 'proxy';
  }

  #send(payload: Uint8Array, route: DatagramRoute | undefined): SendOutcome {
    if (this.#ended) return 'closed';
    // Nearly all go this way: why one was not taken is asked afterwards.
    if (this.#sendPlain(payload, route)) return 'sent';
    if (payload.length > this.maximumPayload) return 'too_large';
    if (this.#usesStream) {
      const capsule = encodeCapsule(CapsuleType.datagram, PLAIN_HEAD, payload);
      const taken = this.#connection.sendData(this.streamId, capsule, false);
      return taken > 0 ? 'sent' : 'no_room';
    }
    const head = this.#mode === 'datagram-1' ? this.#sequence?.nextHead() : undefined;
    const { streamId } = this;
    const sent = this.#connection.sendDatagram(streamId, head ?? PLAIN_HEAD, payload, route);
    return sent ? 'sent' : 'no_room';
  }

  /** Sends a datagram without a number; false where payloads go another way, or the transport did not take it. */
  #sendPlain(payload: Uint8Array, route: DatagramRoute | undefined): boolean {
    if (this.#mode !== 'datagram-2' || this.#answersInCapsules) return false;
    if (payload.length > this.#options.maximumPayload) return false;
    return this.#connection.sendDatagram(this.streamId, PLAIN_HEAD, payload, route);
  }

  #capsule(type: number, value: Uint8Array): void {
    if (this.#ended) return;
    if (type === CapsuleType.datagram) {
      this.#cameByCapsule = true;
      this.#contexts.receive(value, this.#now);
    } else if (type === CapsuleType.registerSequenceContext) {
      this.#contexts.register(value, this.#now);
    } else {
      this.#options.handler.receiveCapsule?.(type, value, this.#now);
    }
  }

  #deliver(payload: Uint8Array): void {
    if (this.#ended) return;
    if (payload.length > this.#options.maximumPayload) {
      throw new Http3StreamError('H3_MESSAGE_ERROR', `a payload of ${payload.length} octets`);
    }
    this.#payloadsReceived += 1;
    this.#octetsReceived += payload.length;
    this.#options.handler.receive(payload, this.#now);
  }

  #over(end: TunnelEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#early = undefined;
    this.#options.handler.ended(end);
  }
}

/** Context ID 0: the payload follows. RFC 9298 §5 */
const PLAIN_HEAD = Uint8Array.of(0);
/** Context ID and sequence number of {@link SequenceWriter}. */
const NUMBERED_HEAD = 5;
/** Context ID and sequence number of any kind. */
const LONGEST_HEAD = 16;
const LONGEST_REGISTRATION = 17;
const EARLY_OCTETS = 65_536;
const EARLY_DATAGRAMS = 32;
const NOTHING = new Uint8Array();
