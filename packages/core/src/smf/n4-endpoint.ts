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
import {
  type CaptureTap,
  type EventSink,
  MachineSocket,
  noEvents,
  type SocketDatagram,
} from '@mpquic/service';
import { type Address, isIpv6 } from '@mpquic/wire';
import type { CoreMetrics } from '../core-metrics.ts';
import { travel } from '../latency.ts';
import { N4Failure } from './n4-session.ts';
import type { PfcpExchange, PfcpRequestBody } from './upf-association.ts';

export interface N4EndpointOptions {
  readonly address: Address;
  /** T1, in milliseconds. */
  readonly t1Ms: number;
  /** N1: transmissions of one request at most. */
  readonly n1: number;
  /** What a message takes each way, in milliseconds: a stand-in for the network to the UPF. */
  readonly latencyMs: number;
  /** Seconds since 1900, when this SMF started. */
  readonly recoveryTimeStamp: number;
  readonly events: EventSink;
  readonly metrics: CoreMetrics;
  readonly tap?: CaptureTap | undefined;
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
  readonly #transactions: PfcpTransactions;
  readonly #pending = new Map<number, Pending>();
  #socket: MachineSocket<PfcpEvent> | undefined;

  private constructor(options: N4EndpointOptions) {
    this.#options = options;
    const { t1Ms, n1, recoveryTimeStamp } = options;
    this.#transactions = new PfcpTransactions({
      identity: { nodeId: this.nodeId, recoveryTimeStamp },
      retransmissionInterval: t1Ms * 1000,
      maximumAttempts: n1,
    });
  }

  /** @throws {Error} of node:dgram where the address cannot be bound */
  static async bind(options: N4EndpointOptions): Promise<N4Endpoint> {
    const self = new N4Endpoint(options);
    self.#socket = await MachineSocket.open({
      address: options.address,
      machine: self.#transactions,
      onEvent: (event) => self.#handle(event),
      tap: (datagram) => self.#tapped(datagram),
    });
    return self;
  }

  get address(): Address {
    return this.#socket?.address ?? this.#options.address;
  }

  get nodeId(): NodeId {
    const { host } = this.#options.address;
    return { type: isIpv6(host) ? 'ipv6' : 'ipv4', address: host };
  }

  async request(to: Address, message: PfcpRequestBody): Promise<PfcpResponse> {
    const { latencyMs } = this.#options;
    await travel(latencyMs);
    const response = await this.#exchange(to, message);
    await travel(latencyMs);
    return response;
  }

  #exchange(to: Address, message: PfcpRequestBody): Promise<PfcpResponse> {
    const socket = this.#socket;
    if (socket === undefined) return Promise.reject(new N4Failure('N4 is closed'));
    return new Promise((resolve, reject) => {
      try {
        const sequence = this.#transactions.request(message, to, socket.now());
        this.#options.metrics.pfcpMessages.inc({ direction: 'sent', message: message.type });
        this.#pending.set(sequence, { resolve, reject });
      } catch (error) {
        if (!(error instanceof PfcpOverload)) throw error;
        reject(new N4Failure('too many requests await a response', PfcpCause.entityInCongestion));
      }
      socket.flush();
    });
  }

  /** Sends nothing more; whoever waits for a response is told. */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#transactions.dispose();
    for (const pending of this.#pending.values()) pending.reject(new N4Failure('N4 is closed'));
    this.#pending.clear();
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
    const { recoveryTimeStamp, serve, latencyMs } = this.#options;
    const { sequenceNumber } = request;
    await travel(latencyMs);
    const response: PfcpResponse =
      request.type === 'heartbeatRequest'
        ? { type: 'heartbeatResponse', sequenceNumber, recoveryTimeStamp }
        : await serve(request, peer);
    await travel(latencyMs);
    this.#transactions.respond(response, peer);
    this.#options.metrics.pfcpMessages.inc({ direction: 'sent', message: response.type });
    this.#socket?.flush();
  }

  #take(sequenceNumber: number): Pending | undefined {
    const pending = this.#pending.get(sequenceNumber);
    this.#pending.delete(sequenceNumber);
    return pending;
  }

  #tapped({ direction, local, remote, payload }: SocketDatagram): void {
    const [source, destination] = direction === 'sent' ? [local, remote] : [remote, local];
    this.#options.tap?.({ interface: 'N4', transport: 'udp', source, destination, payload });
    if (direction === 'sent') this.#record(payload, source, destination);
  }

  #record(payload: Uint8Array, source: Address, destination: Address): void {
    const { events } = this.#options;
    if (events === noEvents) return;
    const message = decodePfcp(payload);
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
