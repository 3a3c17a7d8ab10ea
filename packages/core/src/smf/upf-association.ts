import {
  type NodeId,
  PfcpCause,
  type PfcpRequest,
  type PfcpResponse,
  pfcpCauseName,
} from '@mpquic/pfcp';
import type { Logger } from '@mpquic/service';
import { type Address, isIpv6 } from '@mpquic/wire';
import { N4Failure, type N4Session } from './n4-session.ts';

type WithoutSequence<M> = M extends PfcpRequest ? Omit<M, 'sequenceNumber'> : never;

/** A request without its sequence number, which the transaction chooses. */
export type PfcpRequestBody = WithoutSequence<PfcpRequest>;

/** Sends requests and finds their responses, with retransmission. */
export interface PfcpExchange {
  /** @throws {N4Failure} where the peer does not answer */
  request(to: Address, message: PfcpRequestBody): Promise<PfcpResponse>;
}

export interface UpfAssociationOptions {
  readonly upfId: string;
  readonly address: Address;
  readonly exchange: PfcpExchange;
  /** Address of this side, for F-SEID and Node ID. */
  readonly localHost: string;
  /** Seconds since 1900, when this SMF started. */
  readonly recoveryTimeStamp: number;
  readonly heartbeatMs: number;
  readonly logger: Logger;
  readonly newSeid: () => bigint;
  /** The UPF lost its sessions: it restarted, does not answer, or released the association. */
  readonly lost: (sessions: readonly N4Session[], reason: string) => void;
}

/** The PFCP association with one UPF: set up first, watched by heartbeats, set up again after a loss. */
export class UpfAssociation {
  readonly upfId: string;
  readonly address: Address;
  readonly localHost: string;
  readonly localNodeId: NodeId;
  readonly #options: UpfAssociationOptions;
  readonly #sessions = new Map<bigint, N4Session>();
  #peerRecoveryTimeStamp: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: UpfAssociationOptions) {
    this.#options = options;
    this.upfId = options.upfId;
    this.address = options.address;
    this.localHost = options.localHost;
    const { localHost: address } = options;
    this.localNodeId = { type: isIpv6(address) ? 'ipv6' : 'ipv4', address };
  }

  get isUp(): boolean {
    return this.#peerRecoveryTimeStamp !== undefined;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Sets the association up, now and again until it succeeds. Resolves after the first try. */
  async start(): Promise<void> {
    try {
      await this.#setUp();
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#options.logger.warn({ upf: this.upfId, reason }, 'no PFCP association yet');
    }
    this.#schedule();
  }

  /** Releases the association: the UPF deletes all sessions and PSKs of this SMF. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (!this.isUp) return;
    this.#peerRecoveryTimeStamp = undefined;
    try {
      const nodeId = this.localNodeId;
      await this.#options.exchange.request(this.address, {
        type: 'associationReleaseRequest',
        nodeId,
      });
    } catch (error) {
      if (!(error instanceof N4Failure)) throw error;
    }
  }

  newSeid(): bigint {
    return this.#options.newSeid();
  }

  /** @throws {N4Failure} without an association, or where the UPF does not answer */
  async request(message: PfcpRequestBody): Promise<PfcpResponse> {
    if (!this.isUp) throw new N4Failure(`no PFCP association with ${this.upfId}`);
    const response = await this.#options.exchange.request(this.address, message);
    const forgotten = 'cause' in response && response.cause === PfcpCause.noEstablishedAssociation;
    // It restarted so quickly that its time stamp, in seconds, is still the same. TS 29.244 §6.2.6.2.2
    if (forgotten) this.#lose('it knows no association');
    return response;
  }

  add(session: N4Session): void {
    this.#sessions.set(session.localSeid, session);
  }

  remove(session: N4Session): void {
    this.#sessions.delete(session.localSeid);
  }

  find(localSeid: bigint): N4Session | undefined {
    return this.#sessions.get(localSeid);
  }

  /** A recovery time stamp of the peer: a new one means that it restarted and lost everything. */
  heard(recoveryTimeStamp: number): void {
    const known = this.#peerRecoveryTimeStamp;
    if (known !== undefined && known !== recoveryTimeStamp) this.#lose('it restarted');
  }

  /** The UPF released the association. */
  released(): void {
    this.#lose('it released the association');
  }

  #lose(reason: string): void {
    if (!this.isUp) return;
    this.#peerRecoveryTimeStamp = undefined;
    this.#loseSessions(reason);
    this.#setUpSoon();
  }

  async #setUp(): Promise<void> {
    const response = await this.#options.exchange.request(this.address, {
      type: 'associationSetupRequest',
      nodeId: this.localNodeId,
      recoveryTimeStamp: this.#options.recoveryTimeStamp,
    });
    if (response.type !== 'associationSetupResponse') throw new N4Failure('another response');
    if (response.cause !== PfcpCause.requestAccepted) {
      throw new N4Failure(`${this.upfId} refuses: ${pfcpCauseName(response.cause)}`);
    }
    this.#peerRecoveryTimeStamp = response.recoveryTimeStamp;
    this.#options.logger.info({ upf: this.upfId }, 'PFCP association set up');
  }

  #setUpSoon(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.start(), 0);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const { heartbeatMs } = this.#options;
    const interval = this.isUp ? heartbeatMs : Math.min(RETRY_MS, heartbeatMs);
    this.#timer = setTimeout(() => void this.#tick(), interval);
    this.#timer.unref();
  }

  async #tick(): Promise<void> {
    if (!this.isUp) {
      await this.start();
      return;
    }
    try {
      const { recoveryTimeStamp } = this.#options;
      const response = await this.#options.exchange.request(this.address, {
        type: 'heartbeatRequest',
        recoveryTimeStamp,
      });
      if (response.type === 'heartbeatResponse') this.heard(response.recoveryTimeStamp);
    } catch (error) {
      if (!(error instanceof N4Failure)) throw error;
      this.#peerRecoveryTimeStamp = undefined;
      this.#loseSessions('it does not answer');
    }
    this.#schedule();
  }

  #loseSessions(reason: string): void {
    this.#options.logger.warn({ upf: this.upfId, reason }, 'PFCP association lost');
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.forget();
    if (sessions.length > 0) this.#options.lost(sessions, reason);
  }
}

/** How long after a failed set-up the next one is tried. */
const RETRY_MS = 1_000;
