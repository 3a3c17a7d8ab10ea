import {
  type Address,
  type Datagram,
  type Duration,
  Ecn,
  formatAddress,
  type Instant,
  type Machine,
  type Transmit,
} from '@mpquic/wire';
import { PfcpDecodeError } from '../errors.ts';
import { errorResponse, type PfcpIdentity } from '../messages/error-response.ts';
import { isRequest, PfcpMessageType } from '../messages/header.ts';
import {
  decodePfcp,
  encodePfcp,
  type PfcpMessage,
  type PfcpRequest,
  type PfcpResponse,
} from '../messages/message.ts';
import { type OutstandingRequest, OutstandingRequests } from './outstanding-requests.ts';
import { ResponseCache, requestFingerprint } from './response-cache.ts';

/** A message before the transaction gives it its sequence number. */
export type Unsequenced<M extends PfcpMessage> = M extends unknown
  ? Omit<M, 'sequenceNumber'>
  : never;

export interface PfcpTransactionsOptions {
  /** For the responses that refuse undecodable requests. */
  readonly identity: PfcpIdentity;
  /** T1: how long a response is awaited, 3 s unless told. */
  readonly retransmissionInterval?: Duration;
  /** N1: how often a request is sent at most, 3 unless told. */
  readonly maximumAttempts?: number;
  /** Requests that may await a response at once, 4096 unless told. */
  readonly maximumOutstanding?: number;
  /** Requests of peers remembered for duplicate detection, 4096 unless told. */
  readonly responseCacheSize?: number;
  /** Where sequence numbers start: 1 unless told. A random start keeps late responses of a former run out. */
  readonly firstSequenceNumber?: number;
  /** Datagrams that may wait to be sent, 8192 unless told. */
  readonly maximumQueued?: number;
}

/** What a {@link PfcpTransactions} tells its owner. */
export type PfcpEvent =
  /** To be answered by `respond` with the same sequence number. */
  | { readonly type: 'request'; readonly request: PfcpRequest; readonly peer: Address }
  /** Settles the request that `request` returned this sequence number for. */
  | {
      readonly type: 'response';
      readonly sequenceNumber: number;
      readonly response: PfcpResponse;
      readonly peer: Address;
    }
  /** No response came in N1 attempts. */
  | { readonly type: 'timeout'; readonly sequenceNumber: number; readonly peer: Address }
  /** A datagram was of no use, or refused at once. */
  | { readonly type: 'discarded'; readonly reason: string; readonly peer: Address };

/** More requests await a response than the limit allows. */
export class PfcpOverload extends Error {
  readonly code = 'PFCP_OVERLOAD';
  override readonly name = 'PfcpOverload';
}

interface Outgoing {
  readonly bytes: Uint8Array;
  readonly local: Address | undefined;
  readonly peer: Address;
  /** The request that the octets belong to; they are not sent once it is settled. */
  readonly request: OutstandingRequest | undefined;
}

const RESPONSE_OFFSET = 1;
const MAXIMUM_EVENTS = 8192;

/**
 * Request and response transactions of one PFCP entity with all its peers: sequence numbers,
 * retransmission, duplicate detection, and refusal of what cannot be decoded (TS 29.244 §6.4, §7.6).
 */
export class PfcpTransactions implements Machine<PfcpEvent> {
  readonly #identity: PfcpIdentity;
  readonly #interval: Duration;
  readonly #maximumAttempts: number;
  readonly #maximumQueued: number;
  readonly #outstanding: OutstandingRequests;
  readonly #responses: ResponseCache;
  readonly #outgoing: Outgoing[] = [];
  readonly #events: PfcpEvent[] = [];

  constructor(options: PfcpTransactionsOptions) {
    this.#identity = options.identity;
    this.#interval = options.retransmissionInterval ?? 3_000_000;
    this.#maximumAttempts = options.maximumAttempts ?? 3;
    this.#maximumQueued = options.maximumQueued ?? 8192;
    this.#outstanding = new OutstandingRequests(
      options.maximumOutstanding ?? 4096,
      options.firstSequenceNumber,
    );
    this.#responses = new ResponseCache(options.responseCacheSize ?? 4096);
  }

  /** Requests that await a response. */
  get outstanding(): number {
    return this.#outstanding.size;
  }

  /**
   * Sends a request and returns its sequence number; a `response` or `timeout` event with it follows.
   * @throws {PfcpOverload}
   */
  request(message: Unsequenced<PfcpRequest>, peer: Address, now: Instant): number {
    if (this.#outstanding.isFull) throw new PfcpOverload('too many requests await a response');
    const sequenceNumber = this.#outstanding.takeSequenceNumber();
    const request: OutstandingRequest = {
      sequenceNumber,
      messageType: PfcpMessageType[message.type],
      peer,
      bytes: encodePfcp({ ...message, sequenceNumber } as PfcpRequest),
      attempts: 1,
      deadline: now + this.#interval,
      isSettled: false,
    };
    this.#outstanding.add(request);
    this.#queue({ bytes: request.bytes, local: undefined, peer, request });
    return sequenceNumber;
  }

  /** Answers a request of `peer`; the response is kept for retransmissions of the request. */
  respond(response: PfcpResponse, peer: Address): void {
    const bytes = encodePfcp(response);
    const local = this.#responses.answer(transactionKey(peer, response.sequenceNumber), bytes);
    this.#queue({ bytes, local, peer, request: undefined });
  }

  receiveDatagram(datagram: Datagram, now: Instant): void {
    try {
      const message = decodePfcp(datagram.payload);
      const messageType = PfcpMessageType[message.type];
      if (isRequest(messageType)) {
        this.#receiveRequest(message as PfcpRequest, datagram, now);
      } else {
        this.#receiveResponse(message as PfcpResponse, messageType, datagram);
      }
    } catch (error) {
      if (!(error instanceof PfcpDecodeError)) throw error;
      this.#refuse(error, datagram);
    }
  }

  handleTimeout(now: Instant): void {
    for (;;) {
      const request = this.#outstanding.first;
      if (request === undefined || request.deadline > now) return;
      const { bytes, peer, sequenceNumber } = request;
      if (request.attempts < this.#maximumAttempts) {
        this.#outstanding.rearm(request, now, this.#interval);
        this.#queue({ bytes, local: undefined, peer, request });
      } else {
        this.#outstanding.settle(request);
        this.#emit({ type: 'timeout', sequenceNumber, peer });
      }
    }
  }

  nextTimeout(): Instant | undefined {
    return this.#outstanding.first?.deadline;
  }

  nextTransmit(_now: Instant, into: Transmit, _maxDatagrams: number): boolean {
    for (;;) {
      const outgoing = this.#outgoing.shift();
      if (outgoing === undefined) return false;
      const { bytes, local, peer, request } = outgoing;
      if (request?.isSettled === true) continue;
      if (bytes.length > into.buffer.length - into.start) continue;
      into.buffer.set(bytes, into.start);
      into.length = bytes.length;
      into.segmentSize = bytes.length;
      into.datagrams = 1;
      into.local = local;
      into.remote = peer;
      into.ecn = Ecn.notEct;
      return true;
    }
  }

  nextEvent(): PfcpEvent | undefined {
    return this.#events.shift();
  }

  /** Forgets all requests and wipes their octets; no event tells. */
  dispose(): void {
    this.#outstanding.clear();
    this.#outgoing.length = 0;
  }

  #receiveRequest(request: PfcpRequest, { local, remote, payload }: Datagram, now: Instant): void {
    const key = transactionKey(remote, request.sequenceNumber);
    const fingerprint = requestFingerprint(payload);
    const known = this.#responses.find(key, fingerprint, now);
    if (known === 'pending') {
      this.#discard('the request is being executed already', remote);
    } else if (known === 'new') {
      if (this.#events.length >= MAXIMUM_EVENTS) return;
      const expires = now + this.#interval * (this.#maximumAttempts + 1);
      this.#responses.begin(key, fingerprint, local, expires);
      this.#emit({ type: 'request', request, peer: remote });
    } else {
      this.#queue({ bytes: known, local, peer: remote, request: undefined });
    }
  }

  #receiveResponse(response: PfcpResponse, messageType: number, { remote }: Datagram): void {
    const { sequenceNumber } = response;
    const request = this.#outstanding.find(sequenceNumber, remote);
    const fits =
      messageType === PfcpMessageType.versionNotSupportedResponse ||
      messageType - RESPONSE_OFFSET === request?.messageType;
    if (request === undefined || !fits) {
      this.#discard(`${response.type} to no request`, remote);
      return;
    }
    this.#outstanding.settle(request);
    this.#emit({ type: 'response', sequenceNumber, response, peer: remote });
  }

  /** A request that cannot be decoded is refused, if its header could be read; the rest is discarded. */
  #refuse(error: PfcpDecodeError, { local, remote }: Datagram): void {
    const { header, cause, offendingIe } = error;
    if (header !== undefined && isRequest(header.messageType)) {
      const { sequenceNumber } = header;
      const response: PfcpResponse | undefined = error.versionNotSupported
        ? { type: 'versionNotSupportedResponse', sequenceNumber }
        : cause && errorResponse(header, this.#identity, { cause, offendingIe });
      if (response !== undefined) {
        this.#queue({ bytes: encodePfcp(response), local, peer: remote, request: undefined });
      }
    }
    this.#discard(error.message, remote);
  }

  #discard(reason: string, peer: Address): void {
    this.#emit({ type: 'discarded', reason, peer });
  }

  /** Beyond the cap the datagram is lost, as on the network: its transaction is repeated. */
  #queue(outgoing: Outgoing): void {
    if (this.#outgoing.length < this.#maximumQueued) this.#outgoing.push(outgoing);
  }

  /** Where nobody collects events, requests are left to retransmission and reports are lost. */
  #emit(event: PfcpEvent): void {
    if (event.type === 'discarded' && this.#events.length >= MAXIMUM_EVENTS) return;
    this.#events.push(event);
  }
}

function transactionKey(peer: Address, sequenceNumber: number): string {
  return `${formatAddress(peer)} ${sequenceNumber}`;
}
