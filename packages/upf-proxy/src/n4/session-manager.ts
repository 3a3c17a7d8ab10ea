import {
  type CreatedPdr,
  type NodeId,
  PfcpCause,
  type PskDelivery,
  type SessionDeletionRequest,
  type SessionDeletionResponse,
  type SessionEstablishmentRequest,
  type SessionEstablishmentResponse,
  type SessionModificationRequest,
  type SessionModificationResponse,
} from '@mpquic/pfcp';
import { type Address, ipByFamily, isIpv6, type Random } from '@mpquic/wire';
import { applyPskDelivery, PskDeliveryRefused } from '../psk/psk-delivery.ts';
import type { PskRegistry } from '../psk/psk-registry.ts';
import type { UpfSettings } from '../settings.ts';
import { AddressPool } from './address-pool.ts';
import { N4Session, type SessionAddresses } from './n4-session.ts';

export interface SessionManagerOptions {
  readonly settings: UpfSettings;
  readonly registry: PskRegistry;
  readonly random: Random;
  /** Where the proxy really listens, per access; asked when a session is set up. */
  readonly proxies: () => { readonly access3gpp: Address; readonly accessNon3gpp: Address };
  /** A session is to use MPQUIC and came without a PSK. */
  readonly onPskMissing?: (session: N4Session) => void;
  readonly onReleased?: (session: N4Session) => void;
  /** Rules of the session changed. */
  readonly onModified?: (session: N4Session) => void;
}

const MAX_SESSIONS = 65_000;
/** Proxy type of MPQUIC; a testbed value. */
const PROXY_TYPE = 1;

/** The N4 sessions of this UPF: what is created, changed and released by SMFs. TS 29.244 §6.3 */
export class SessionManager {
  readonly #options: SessionManagerOptions;
  readonly #sessions = new Map<bigint, N4Session>();
  readonly #pools: { readonly [P in keyof SessionAddresses]: AddressPool };
  readonly #nodeId: NodeId;
  #nextTeid = 1;

  constructor(options: SessionManagerOptions) {
    const { uePool, linkPool3gpp, linkPoolNon3gpp, poolSize, nodeId } = options.settings;
    this.#options = options;
    this.#nodeId = { type: 'fqdn', name: nodeId.toLowerCase() };
    this.#pools = {
      ue: new AddressPool(uePool, poolSize),
      link3gpp: new AddressPool(linkPool3gpp, poolSize),
      linkNon3gpp: new AddressPool(linkPoolNon3gpp, poolSize),
    };
  }

  get size(): number {
    return this.#sessions.size;
  }

  get sessions(): Iterable<N4Session> {
    return this.#sessions.values();
  }

  find(seid: bigint): N4Session | undefined {
    return this.#sessions.get(seid);
  }

  /** The newest session of a subscriber. */
  findOfSubscriber(imsi: string): N4Session | undefined {
    return [...this.#sessions.values()].findLast((session) => session.imsi === imsi);
  }

  /** An address for a connection that belongs to no session; undefined where all are in use. */
  leaseAddress(): string | undefined {
    return this.#pools.ue.allocate();
  }

  returnAddress(address: string): void {
    this.#pools.ue.release(address);
  }

  establish(request: SessionEstablishmentRequest): SessionEstablishmentResponse {
    const refuse = (cause: PfcpCause): SessionEstablishmentResponse => ({
      type: 'sessionEstablishmentResponse',
      sequenceNumber: request.sequenceNumber,
      seid: request.cpFSeid.seid,
      nodeId: this.#nodeId,
      cause,
    });
    if (this.#sessions.size >= MAX_SESSIONS) return refuse(PfcpCause.noResourcesAvailable);
    const addresses = this.#allocate();
    if (addresses === undefined) return refuse(PfcpCause.allDynamicAddressesOccupied);
    const session = new N4Session(this.#newSeid(), addresses, request);
    if (!this.#install(session, request.pskDeliveries)) {
      this.#options.registry.deleteSession(session.seid, 'the session was refused');
      this.#releaseAddresses(addresses);
      return refuse(PfcpCause.requestRejected);
    }
    this.#sessions.set(session.seid, session);
    const usesMpquic = request.atsssControl?.mpquic !== undefined;
    if (usesMpquic && (request.pskDeliveries ?? []).length === 0) {
      this.#options.onPskMissing?.(session);
    }
    const { host } = this.#options.settings.n4;
    return {
      ...refuse(PfcpCause.requestAccepted),
      upFSeid: { seid: session.seid, ...ipByFamily(host) },
      createdPdrs: request.createPdrs.flatMap((pdr) => this.#created(pdr, addresses)),
      ...(request.atsssControl?.mpquic === undefined
        ? {}
        : { atsssParameters: { mpquic: this.#mpquicParameters(addresses) } }),
    };
  }

  modify(request: SessionModificationRequest): SessionModificationResponse {
    const session = this.#sessions.get(request.seid);
    const answer = (cause: PfcpCause): SessionModificationResponse => ({
      type: 'sessionModificationResponse',
      sequenceNumber: request.sequenceNumber,
      seid: session?.cpFSeid.seid ?? 0n,
      cause,
    });
    if (session === undefined) return answer(PfcpCause.sessionContextNotFound);
    if (session.modify(request) !== undefined) {
      return answer(PfcpCause.ruleCreationModificationFailure);
    }
    this.#options.onModified?.(session);
    if (!this.#install(session, request.pskDeliveries)) return answer(PfcpCause.requestRejected);
    return {
      ...answer(PfcpCause.requestAccepted),
      createdPdrs: (request.createPdrs ?? []).flatMap((pdr) =>
        this.#created(pdr, session.addresses),
      ),
      ...(request.atsssControl?.mpquic === undefined
        ? {}
        : { atsssParameters: { mpquic: this.#mpquicParameters(session.addresses) } }),
    };
  }

  delete(request: SessionDeletionRequest): SessionDeletionResponse {
    const session = this.#sessions.get(request.seid);
    if (session !== undefined) this.release(session, 'session released');
    return {
      type: 'sessionDeletionResponse',
      sequenceNumber: request.sequenceNumber,
      seid: session?.cpFSeid.seid ?? 0n,
      cause: session === undefined ? PfcpCause.sessionContextNotFound : PfcpCause.requestAccepted,
    };
  }

  /** Ends a session, its keys and its connections. */
  release(session: N4Session, reason: string): void {
    this.#forget(session, reason, true);
    this.#releaseAddresses(session.addresses);
  }

  /** Ends all sessions, or those of one SMF. */
  releaseAll(reason: string, node?: string): void {
    for (const session of [...this.#sessions.values()]) {
      if (node === undefined || session.node === node) this.release(session, reason);
    }
  }

  /**
   * An SMF is gone: its sessions end with their keys, but what is connected goes on for a while, and keeps its
   * addresses: the restart of a control plane does not stop traffic. A choice of this testbed; TS 23.527 §4.3
   */
  orphan(reason: string, node: string): void {
    const seconds = this.#options.settings.keepTrafficSeconds;
    for (const session of [...this.#sessions.values()]) {
      if (session.node !== node) continue;
      if (seconds === 0) {
        this.release(session, reason);
        continue;
      }
      this.#forget(session, reason, false);
      setTimeout(() => this.#releaseAddresses(session.addresses), seconds * 1_000).unref();
    }
  }

  #forget(session: N4Session, reason: string, dropAtOnce: boolean): void {
    this.#sessions.delete(session.seid);
    this.#options.registry.deleteSession(session.seid, reason, dropAtOnce);
    this.#options.onReleased?.(session);
  }

  #install(session: N4Session, deliveries: readonly PskDelivery[] = []): boolean {
    const target = {
      session: session.seid,
      nextGeneration: (given: number | undefined) => session.nextGeneration(given),
    };
    try {
      for (const delivery of deliveries) {
        applyPskDelivery(this.#options.registry, target, delivery);
      }
      return true;
    } catch (error) {
      if (!(error instanceof PskDeliveryRefused)) throw error;
      return false;
    } finally {
      for (const { psk } of deliveries) psk?.dispose();
    }
  }

  #allocate(): SessionAddresses | undefined {
    const ue = this.#pools.ue.allocate();
    const link3gpp = this.#pools.link3gpp.allocate();
    const linkNon3gpp = this.#pools.linkNon3gpp.allocate();
    if (ue !== undefined && link3gpp !== undefined && linkNon3gpp !== undefined) {
      return { ue, link3gpp, linkNon3gpp };
    }
    if (ue !== undefined) this.#pools.ue.release(ue);
    if (link3gpp !== undefined) this.#pools.link3gpp.release(link3gpp);
    if (linkNon3gpp !== undefined) this.#pools.linkNon3gpp.release(linkNon3gpp);
    return undefined;
  }

  #releaseAddresses(addresses: SessionAddresses): void {
    this.#pools.ue.release(addresses.ue);
    this.#pools.link3gpp.release(addresses.link3gpp);
    this.#pools.linkNon3gpp.release(addresses.linkNon3gpp);
  }

  #created(
    pdr: SessionEstablishmentRequest['createPdrs'][number],
    addresses: SessionAddresses,
  ): CreatedPdr[] {
    const { localFTeid, ueIpAddress } = pdr.pdi;
    const created: CreatedPdr = {
      pdrId: pdr.pdrId,
      ...(localFTeid?.choose === undefined
        ? {}
        : {
            localFTeid: { teid: this.#nextTeid++, ...ipByFamily(this.#options.settings.n4.host) },
          }),
      ...(ueIpAddress?.chooseIpv4 === true ? { ueIpAddress: { ipv4: addresses.ue } } : {}),
    };
    return Object.keys(created).length > 1 ? [created] : [];
  }

  /** One proxy address per access: the UE reaches the UPF over two networks. */
  #mpquicParameters({ link3gpp, linkNon3gpp }: SessionAddresses) {
    const linkSpecificAddress = {
      ...ipByFamily(link3gpp),
      ...(isIpv6(linkNon3gpp)
        ? { nonThreeGppIpv6: linkNon3gpp }
        : { nonThreeGppIpv4: linkNon3gpp }),
    };
    const { access3gpp, accessNon3gpp } = this.#options.proxies();
    return [access3gpp, accessNon3gpp].map(({ host, port }) => ({
      proxy: {
        proxyType: PROXY_TYPE,
        port,
        ...ipByFamily(host),
      },
      linkSpecificAddress,
    }));
  }

  #newSeid(): bigint {
    for (;;) {
      const octets = this.#options.random.fill(new Uint8Array(8));
      const seid = new DataView(octets.buffer).getBigUint64(0);
      if (seid !== 0n && !this.#sessions.has(seid)) return seid;
    }
  }
}
