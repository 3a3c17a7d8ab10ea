import { createSocket } from 'node:dgram';
import {
  type CreateMar,
  PfcpCause,
  type PfcpEvent,
  type PfcpRequest,
  PfcpTransactions,
  type PskDelivery,
} from '@mpquic/pfcp';
import { MachineSocket } from '@mpquic/service';
import { type Address, type Machine, toHex } from '@mpquic/wire';
import fc from 'fast-check';

/** A PSK as it reached the UPF. */
export interface ReceivedPsk {
  readonly kid: string;
  readonly psk: string;
  readonly solution: string | undefined;
  readonly operation: string;
  readonly carriedBy: PfcpRequest['type'];
  readonly mode: string | undefined;
  readonly importContext: string | undefined;
}

/** What a scripted UPF does differently. */
export interface UpfScript {
  /** Cause of its answers to session establishment. */
  establishmentCause?: number;
  /** Requests of this type stay unanswered. */
  silentTo?: PfcpRequest['type'];
  /** So many of the next requests are dropped before the UPF sees them. */
  loseNext?: number;
}

/** The UPF's end of N4 and nothing else: answers with fixed addresses, and remembers the PSKs that came. */
export class ScriptedUpf {
  readonly name: string;
  readonly script: UpfScript = {};
  readonly psks: ReceivedPsk[] = [];
  readonly mars: CreateMar[] = [];
  readonly requests: PfcpRequest['type'][] = [];
  readonly sessions: Map<bigint, bigint> = new Map();
  /** Causes of the SMF's answers to reports. */
  readonly reportCauses: number[] = [];
  recoveryTimeStamp = 1_000;
  #transactions: PfcpTransactions;
  #socket: MachineSocket<PfcpEvent> | undefined;
  #peer: Address | undefined;
  #nextSeid = 100n;

  private constructor(name: string) {
    this.name = name;
    this.#transactions = new PfcpTransactions({
      identity: { nodeId: this.#nodeId, recoveryTimeStamp: this.recoveryTimeStamp },
      retransmissionInterval: 100_000,
    });
  }

  static async open(name: string): Promise<ScriptedUpf> {
    const self = new ScriptedUpf(name);
    self.#socket = await MachineSocket.open({
      address: { host: '127.0.0.1', port: 0 },
      machine: self.#lossy(),
      onEvent: (event) => self.#handle(event),
    });
    return self;
  }

  get address(): Address {
    return (this.#socket as MachineSocket<PfcpEvent>).address;
  }

  /** The transactions behind a network that loses what the script says. */
  #lossy(): Machine<PfcpEvent> {
    const inner = this.#transactions;
    const { script } = this;
    return {
      receiveDatagram(datagram, now) {
        if ((script.loseNext ?? 0) > 0) script.loseNext = (script.loseNext ?? 0) - 1;
        else inner.receiveDatagram(datagram, now);
      },
      handleTimeout: (now) => inner.handleTimeout(now),
      nextTransmit: (now, into, maxDatagrams) => inner.nextTransmit(now, into, maxDatagrams),
      nextTimeout: () => inner.nextTimeout(),
      nextEvent: () => inner.nextEvent(),
    };
  }

  get #nodeId() {
    return { type: 'fqdn', name: this.name } as const;
  }

  /** Whether an SMF has set up an association. */
  get ready(): boolean {
    return this.#peer !== undefined;
  }

  /** Asks the SMF for the key of a session, as in solution #6. */
  requestPsk(upSeid: bigint): void {
    this.reportFor(this.sessions.get(upSeid) as bigint);
  }

  /** The same with any session endpoint identifier of the SMF. */
  reportFor(seid: bigint): void {
    this.#request({ type: 'sessionReportRequest', seid, reportType: ['uisr'], pskRequest: {} });
  }

  releaseAssociation(): void {
    this.sessions.clear();
    this.#request({ type: 'associationReleaseRequest', nodeId: this.#nodeId });
  }

  /** Loses everything, and starts again. */
  restart(): void {
    this.sessions.clear();
    this.recoveryTimeStamp += 100;
  }

  /** Sends octets that are no PFCP, or nearly. */
  async sendNoise(to: Address, count: number): Promise<void> {
    const socket = createSocket('udp4');
    for (const bytes of fc.sample(NOISE, { numRuns: count, seed: 11 })) {
      await new Promise((resolve) => socket.send(bytes, to.port, to.host, resolve));
    }
    socket.close();
  }

  close(): void {
    this.#transactions.dispose();
    this.#socket?.close();
  }

  #request(message: Parameters<PfcpTransactions['request']>[0]): void {
    const socket = this.#socket as MachineSocket<PfcpEvent>;
    this.#transactions.request(message, this.#peer as Address, socket.now());
    socket.flush();
  }

  #handle(event: PfcpEvent): void {
    if (event.type === 'response' && event.response.type === 'sessionReportResponse') {
      this.reportCauses.push(event.response.cause);
    }
    if (event.type !== 'request') return;
    const { request, peer } = event;
    this.#peer = peer;
    this.requests.push(request.type);
    if (request.type === this.script.silentTo) return;
    const deliveries = 'pskDeliveries' in request ? (request.pskDeliveries ?? []) : [];
    if ('createMars' in request) this.mars.push(...(request.createMars ?? []));
    for (const delivery of deliveries) this.#take(delivery, request.type);
    this.#answer(request, peer);
    this.#socket?.flush();
  }

  #take(delivery: PskDelivery, carriedBy: PfcpRequest['type']): void {
    const { kid, psk, flags, solution, mode, importContext } = delivery;
    this.psks.push({
      mode,
      importContext: importContext && toHex(importContext),
      kid: toHex(kid),
      psk: psk === undefined ? '' : toHex(psk.reveal()),
      solution,
      operation: flags.operation,
      carriedBy,
    });
  }

  #answer(request: PfcpRequest, peer: Address): void {
    const { sequenceNumber } = request;
    const nodeId = this.#nodeId;
    const cause = PfcpCause.requestAccepted;
    const { recoveryTimeStamp } = this;
    switch (request.type) {
      case 'heartbeatRequest':
        this.#transactions.respond(
          { type: 'heartbeatResponse', sequenceNumber, recoveryTimeStamp },
          peer,
        );
        return;
      case 'associationSetupRequest':
        this.#transactions.respond(
          { type: 'associationSetupResponse', sequenceNumber, nodeId, cause, recoveryTimeStamp },
          peer,
        );
        return;
      case 'associationReleaseRequest':
        this.sessions.clear();
        this.#transactions.respond(
          { type: 'associationReleaseResponse', sequenceNumber, nodeId, cause },
          peer,
        );
        return;
      case 'sessionEstablishmentRequest':
        this.#establish(request, peer);
        return;
      case 'sessionModificationRequest':
        this.#transactions.respond(
          {
            type: 'sessionModificationResponse',
            sequenceNumber,
            seid: this.sessions.get(request.seid) ?? 0n,
            cause,
          },
          peer,
        );
        return;
      case 'sessionDeletionRequest': {
        const seid = this.sessions.get(request.seid) ?? 0n;
        this.sessions.delete(request.seid);
        this.#transactions.respond(
          { type: 'sessionDeletionResponse', sequenceNumber, seid, cause },
          peer,
        );
        return;
      }
      case 'associationUpdateRequest':
      case 'sessionReportRequest':
      case 'sessionSetDeletionRequest':
        // Not sent by an SMF that does as TS 29.244 says.
        return;
    }
  }

  #establish(
    request: Extract<PfcpRequest, { readonly type: 'sessionEstablishmentRequest' }>,
    peer: Address,
  ): void {
    const { sequenceNumber, cpFSeid } = request;
    const cause = this.script.establishmentCause ?? PfcpCause.requestAccepted;
    const common = {
      type: 'sessionEstablishmentResponse',
      sequenceNumber,
      seid: cpFSeid.seid,
      nodeId: this.#nodeId,
      cause,
    } as const;
    if (cause !== PfcpCause.requestAccepted) {
      this.#transactions.respond(common, peer);
      return;
    }
    const seid = this.#nextSeid++;
    this.sessions.set(seid, cpFSeid.seid);
    const last = Number(seid % 250n);
    this.#transactions.respond(
      {
        ...common,
        upFSeid: { seid, ipv4: '127.0.0.1' },
        createdPdrs: [{ pdrId: 1, ueIpAddress: { ipv4: `10.60.0.${last}` } }],
        atsssParameters: {
          mpquic: [
            {
              proxy: { proxyType: 1, port: 4433, ipv4: '127.0.0.21' },
              linkSpecificAddress: { ipv4: `10.61.0.${last}`, nonThreeGppIpv4: `10.62.0.${last}` },
            },
          ],
        },
      },
      peer,
    );
  }
}

const NOISE = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc
    .tuple(
      fc.constantFrom(1, 2, 5, 6, 9, 50, 51, 52, 53, 54, 55, 56, 57, 99),
      fc.uint8Array({ maxLength: 60 }),
    )
    .map(([type, rest]) => Uint8Array.from([0x21, type, 0, rest.length, ...rest])),
);
