import {
  decodePfcp,
  type PfcpEvent,
  PfcpOverload,
  type PfcpRequest,
  type PfcpResponse,
  PfcpTransactions,
  pfcpMessageName,
  type Unsequenced,
} from '@mpquic/pfcp';
import {
  type CaptureTap,
  type EventSink,
  type Logger,
  MachineSocket,
  type SocketDatagram,
} from '@mpquic/service';
import { type Address, formatAddress } from '@mpquic/wire';
import type { N4Dispatch } from './n4-dispatch.ts';
import type { N4Session } from './n4-session.ts';

export interface N4ServerOptions {
  readonly address: Address;
  readonly nodeName: string;
  /** Seconds since 1900: when this UPF started. */
  readonly recoveryTimeStamp: number;
  readonly dispatch: N4Dispatch;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly tap: CaptureTap | undefined;
  readonly onDiscarded: () => void;
  /** PFCP retransmission. */
  readonly t1Ms: number;
  readonly n1: number;
}

const PFCP_PORT = 8805;

/** The UPF's end of N4: PFCP over UDP. */
export class N4Server {
  readonly #options: N4ServerOptions;
  readonly #transactions: PfcpTransactions;
  #socket: MachineSocket<PfcpEvent> | undefined;
  /** SMFs by F-SEID host, with the port their requests came from. */
  readonly #peers = new Map<string, Address>();
  readonly #waiting = new Map<number, (response: PfcpResponse | undefined) => void>();

  private constructor(options: N4ServerOptions) {
    this.#options = options;
    this.#transactions = new PfcpTransactions({
      identity: {
        nodeId: { type: 'fqdn', name: options.nodeName },
        recoveryTimeStamp: options.recoveryTimeStamp,
      },
      retransmissionInterval: options.t1Ms * 1000,
      maximumAttempts: options.n1,
    });
  }

  /** @throws {Error} of node:dgram where the address cannot be bound */
  static async open(options: N4ServerOptions): Promise<N4Server> {
    const server = new N4Server(options);
    server.#socket = await MachineSocket.open({
      address: options.address,
      machine: server.#transactions,
      onEvent: (event) => server.#take(event),
      tap: (datagram) => server.#observe(datagram),
    });
    return server;
  }

  get address(): Address {
    return this.#socket?.address ?? this.#options.address;
  }

  /**
   * Asks the SMF of a session for a key: a Session Report Request with the testbed's element (#6).
   * Resolves with the cause of the answer, or undefined where none came.
   */
  async requestPsk(session: N4Session): Promise<number | undefined> {
    const host = session.cpFSeid.ipv4 ?? session.cpFSeid.ipv6;
    if (host === undefined) return undefined;
    const peer = this.#peers.get(host) ?? { host, port: PFCP_PORT };
    const request = {
      type: 'sessionReportRequest',
      seid: session.cpFSeid.seid,
      reportType: ['upir'],
      // Not empty: Wireshark calls a vendor element without a value malformed.
      pskRequest: { solution: '6' },
    } as const;
    const response = await this.#request(request, peer);
    return response?.type === 'sessionReportResponse' ? response.cause : undefined;
  }

  /** When the SMF at `peer` started, in seconds since 1900; undefined where it does not answer. */
  async heartbeat(peer: Address): Promise<number | undefined> {
    const { recoveryTimeStamp } = this.#options;
    const response = await this.#request({ type: 'heartbeatRequest', recoveryTimeStamp }, peer);
    return response?.type === 'heartbeatResponse' ? response.recoveryTimeStamp : undefined;
  }

  async #request(
    request: Unsequenced<PfcpRequest>,
    peer: Address,
  ): Promise<PfcpResponse | undefined> {
    const socket = this.#socket;
    if (socket === undefined) return undefined;
    const answered = new Promise<PfcpResponse | undefined>((resolve, reject) => {
      try {
        const sequenceNumber = this.#transactions.request(request, peer, socket.now());
        this.#waiting.set(sequenceNumber, resolve);
      } catch (error) {
        if (error instanceof PfcpOverload) resolve(undefined);
        else reject(error as Error);
      }
    });
    socket.flush();
    return await answered;
  }

  close(): void {
    this.#socket?.close();
    this.#transactions.dispose();
    for (const settle of this.#waiting.values()) settle(undefined);
    this.#waiting.clear();
  }

  #take(event: PfcpEvent): void {
    switch (event.type) {
      case 'request':
        this.#answer(event.request, event.peer);
        return;
      case 'response':
        this.#settle(event.sequenceNumber, event.response);
        return;
      case 'timeout':
        this.#settle(event.sequenceNumber, undefined);
        return;
      case 'discarded':
        this.#options.onDiscarded();
        this.#options.logger.debug(
          { peer: formatAddress(event.peer), reason: event.reason },
          'a PFCP datagram was discarded',
        );
        return;
    }
  }

  #answer(request: PfcpRequest, peer: Address): void {
    this.#peers.set(peer.host, peer);
    const response = this.#options.dispatch.answer(request, peer);
    if (response === undefined) return;
    this.#transactions.respond(response, peer);
    const cause = 'cause' in response ? response.cause : 1;
    if (cause !== 1) {
      this.#options.logger.warn({ request: request.type, cause }, 'a PFCP request was refused');
    }
  }

  #settle(sequenceNumber: number, response: PfcpResponse | undefined): void {
    this.#waiting.get(sequenceNumber)?.(response);
    this.#waiting.delete(sequenceNumber);
  }

  /** Every datagram goes to the capture; those sent also to the events, each message once. */
  #observe({ direction, local, remote, payload }: SocketDatagram): void {
    const sent = direction === 'sent';
    const [source, destination] = sent ? [local, remote] : [remote, local];
    this.#options.tap?.({ interface: 'N4', transport: 'udp', source, destination, payload });
    if (!sent) return;
    this.#options.events.record({
      type: 'message',
      interface: 'N4',
      from: 'upf',
      to: 'smf',
      name: pfcpMessageName(decodePfcp(payload).type),
      length: payload.length,
      payload,
      secret: false,
      source,
      destination,
    });
  }
}
