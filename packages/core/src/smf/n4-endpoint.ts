import { createSocket, type Socket } from 'node:dgram';
import {
  decodePfcp,
  type NodeId,
  PfcpCause,
  type PfcpEvent,
  PfcpOverload,
  type PfcpRequest,
  type PfcpResponse,
  PfcpTransactions,
} from '@mpquic/pfcp';
import type { CaptureTap, EventSink } from '@mpquic/service';
import { type Address, createTransmit, type Instant } from '@mpquic/wire';
import type { CoreMetrics } from '../core-metrics.ts';
import { N4Failure } from './n4-session.ts';
import type { PfcpExchange, PfcpRequestBody } from './upf-association.ts';

export interface N4EndpointOptions {
  readonly address: Address;
  /** T1, in milliseconds. */
  readonly t1Ms: number;
  /** N1: transmissions of one request at most. */
  readonly n1: number;
  /** Seconds since 1900, when this SMF started. */
  readonly recoveryTimeStamp: number;
  readonly events: EventSink;
  readonly metrics: CoreMetrics;
  readonly tap?: CaptureTap | undefined;
  readonly clock: () => Instant;
  /** Answers a request of a UPF other than a heartbeat. */
  readonly serve: (request: PfcpRequest, peer: Address) => PfcpResponse | Promise<PfcpResponse>;
}

interface Pending {
  resolve(response: PfcpResponse): void;
  reject(error: N4Failure): void;
}

/** PFCP of the SMF on one UDP socket. TS 29.244 */
export class N4Endpoint implements PfcpExchange {
  readonly #options: N4EndpointOptions;
  readonly #socket: Socket;
  readonly #transactions: PfcpTransactions;
  readonly #transmit = createTransmit(MAX_DATAGRAM);
  readonly #pending = new Map<number, Pending>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: N4EndpointOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    const { t1Ms, n1, recoveryTimeStamp } = options;
    this.#transactions = new PfcpTransactions({
      identity: { nodeId: this.nodeId, recoveryTimeStamp },
      retransmissionInterval: t1Ms * 1000,
      maximumAttempts: n1,
    });
  }

  /** @throws {Error} of node:dgram where the address cannot be bound */
  static async bind(options: N4EndpointOptions): Promise<N4Endpoint> {
    const { host, port } = options.address;
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    const self = new N4Endpoint(options, socket);
    socket.on('message', (payload, { address, port: remotePort }) => {
      self.#receive(payload, { host: address, port: remotePort });
    });
    // An ICMP answer to a datagram says nothing that a missing response does not.
    socket.on('error', () => undefined);
    return self;
  }

  get address(): Address {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  get nodeId(): NodeId {
    const { host } = this.#options.address;
    return { type: host.includes(':') ? 'ipv6' : 'ipv4', address: host };
  }

  request(to: Address, message: PfcpRequestBody): Promise<PfcpResponse> {
    return new Promise((resolve, reject) => {
      try {
        const sequence = this.#transactions.request(message, to, this.#options.clock());
        this.#pending.set(sequence, { resolve, reject });
      } catch (error) {
        if (!(error instanceof PfcpOverload)) throw error;
        reject(new N4Failure('too many requests await a response', PfcpCause.entityInCongestion));
      }
      this.#drain();
    });
  }

  /** Sends nothing more; whoever waits for a response is told. */
  close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#transactions.dispose();
    for (const { reject } of this.#pending.values()) reject(new N4Failure('N4 is closed'));
    this.#pending.clear();
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(payload: Uint8Array, remote: Address): void {
    const local = this.address;
    this.#options.tap?.({
      interface: 'N4',
      transport: 'udp',
      source: remote,
      destination: local,
      payload,
    });
    this.#transactions.receiveDatagram({ local, remote, payload }, this.#options.clock());
    this.#drain();
  }

  #drain(): void {
    const { clock } = this.#options;
    for (let event = this.#transactions.nextEvent(); event; event = this.#transactions.nextEvent()) {
      this.#handle(event);
    }
    while (this.#transactions.nextTransmit(clock(), this.#transmit, 1)) this.#send();
    clearTimeout(this.#timer);
    const deadline = this.#transactions.nextTimeout();
    if (deadline === undefined) return;
    const delay = Math.max(0, (deadline - clock()) / 1000);
    this.#timer = setTimeout(() => {
      this.#transactions.handleTimeout(clock());
      this.#drain();
    }, delay);
  }

  #handle(event: PfcpEvent): void {
    const { metrics } = this.#options;
    switch (event.type) {
      case 'response':
        metrics.pfcpMessages.inc({ direction: 'received', message: event.response.type });
        this.#take(event.sequenceNumber)?.resolve(event.response);
        return;
      case 'timeout':
        metrics.pfcpErrors.inc({ reason: 'timeout' });
        this.#take(event.sequenceNumber)?.reject(new N4Failure('the UPF does not answer'));
        return;
      case 'request':
        metrics.pfcpMessages.inc({ direction: 'received', message: event.request.type });
        void this.#answer(event.request, event.peer);
        return;
      case 'discarded':
        metrics.pfcpErrors.inc({ reason: 'discarded' });
    }
  }

  async #answer(request: PfcpRequest, peer: Address): Promise<void> {
    const { recoveryTimeStamp, serve } = this.#options;
    const { sequenceNumber } = request;
    const response: PfcpResponse =
      request.type === 'heartbeatRequest'
        ? { type: 'heartbeatResponse', sequenceNumber, recoveryTimeStamp }
        : await serve(request, peer);
    this.#transactions.respond(response, peer);
    this.#drain();
  }

  #take(sequenceNumber: number): Pending | undefined {
    const pending = this.#pending.get(sequenceNumber);
    this.#pending.delete(sequenceNumber);
    return pending;
  }

  #send(): void {
    const { buffer, start, length, remote } = this.#transmit;
    if (remote === undefined) return;
    // A copy: the socket keeps the octets until they are sent, and the buffer is used again.
    const payload = buffer.slice(start, start + length);
    const source = this.address;
    this.#options.tap?.({
      interface: 'N4',
      transport: 'udp',
      source,
      destination: remote,
      payload,
    });
    this.#record(payload, source, remote);
    this.#socket.send(payload, remote.port, remote.host, () => payload.fill(0));
  }

  #record(payload: Uint8Array, source: Address, destination: Address): void {
    const message = decodePfcp(payload);
    const { metrics, events } = this.#options;
    metrics.pfcpMessages.inc({ direction: 'sent', message: message.type });
    const keys = 'pskDeliveries' in message ? (message.pskDeliveries ?? []) : [];
    for (const { psk } of keys) psk?.dispose();
    events.record({
      type: 'message',
      interface: 'N4',
      from: 'smf',
      to: 'upf',
      name: pfcpName(message.type),
      length: payload.length,
      payload,
      secret: keys.length > 0,
      source,
      destination,
    });
  }
}

/** `sessionEstablishmentRequest` as `Session Establishment Request`. */
function pfcpName(type: string): string {
  const spaced = type.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

const MAX_DATAGRAM = 65_507;
