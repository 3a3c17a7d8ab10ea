import type {
  CreateFar,
  CreateMar,
  CreatePdr,
  FSeid,
  NodeId,
  SessionEstablishmentRequest,
  SessionModificationRequest,
} from '@mpquic/pfcp';

/** What one MA PDU session has of the UPF's addresses. */
export interface SessionAddresses {
  /** IP@3 of TS 23.501 §5.32.6.2.2, towards the data network. */
  readonly ue: string;
  /** IP@4 and IP@5, the link-specific multipath addresses. */
  readonly link3gpp: string;
  readonly linkNon3gpp: string;
}

/** An N4 session: the rules of one MA PDU session. TS 23.501 §5.8.2.11 */
export class N4Session {
  /** This side's session endpoint identifier. */
  readonly seid: bigint;
  readonly addresses: SessionAddresses;
  /** Name of the SMF that owns it. */
  readonly node: string;
  /** IMSI of the subscriber, where the SMF told it. */
  readonly imsi: string | undefined;
  readonly #pdrs = new Map<number, CreatePdr>();
  readonly #fars = new Map<number, CreateFar>();
  readonly #mars = new Map<number, CreateMar>();
  #cpFSeid: FSeid;
  /** Counts the PSKs that came for this session without a generation of their own. */
  #generation = 0;

  constructor(seid: bigint, addresses: SessionAddresses, request: SessionEstablishmentRequest) {
    this.seid = seid;
    this.addresses = addresses;
    this.node = nodeName(request.nodeId);
    this.imsi = request.userId?.imsi;
    this.#cpFSeid = request.cpFSeid;
    for (const pdr of request.createPdrs) this.#pdrs.set(pdr.pdrId, pdr);
    for (const far of request.createFars) this.#fars.set(far.farId, far);
    for (const mar of request.createMars ?? []) this.#mars.set(mar.marId, mar);
  }

  /** Where requests of this session go at the SMF. */
  get cpFSeid(): FSeid {
    return this.#cpFSeid;
  }

  get pdrs(): readonly CreatePdr[] {
    return [...this.#pdrs.values()];
  }

  get mars(): readonly CreateMar[] {
    return [...this.#mars.values()];
  }

  /** How many rules the session has, for metrics. */
  get ruleCount(): number {
    return this.#pdrs.size + this.#fars.size + this.#mars.size;
  }

  nextGeneration(given: number | undefined): number {
    this.#generation = given ?? this.#generation + 1;
    return this.#generation;
  }

  /**
   * Applies a modification as a whole, or not at all.
   * @returns the identifier of a rule that is to be changed or removed but is not there
   */
  modify(request: SessionModificationRequest): number | undefined {
    const missing = this.#missing(request);
    if (missing !== undefined) return missing;
    this.#cpFSeid = request.cpFSeid ?? this.#cpFSeid;
    for (const { pdrId } of request.removePdrs ?? []) this.#pdrs.delete(pdrId);
    for (const { farId } of request.removeFars ?? []) this.#fars.delete(farId);
    for (const { marId } of request.removeMars ?? []) this.#mars.delete(marId);
    for (const pdr of request.createPdrs ?? []) this.#pdrs.set(pdr.pdrId, pdr);
    for (const far of request.createFars ?? []) this.#fars.set(far.farId, far);
    for (const mar of request.createMars ?? []) this.#mars.set(mar.marId, mar);
    for (const pdr of request.updatePdrs ?? []) {
      this.#pdrs.set(pdr.pdrId, { ...(this.#pdrs.get(pdr.pdrId) as CreatePdr), ...pdr });
    }
    for (const far of request.updateFars ?? []) {
      this.#fars.set(far.farId, { ...(this.#fars.get(far.farId) as CreateFar), ...far });
    }
    for (const mar of request.updateMars ?? []) {
      this.#mars.set(mar.marId, { ...(this.#mars.get(mar.marId) as CreateMar), ...mar });
    }
    return undefined;
  }

  #missing(request: SessionModificationRequest): number | undefined {
    const { removePdrs = [], updatePdrs = [], removeFars = [], updateFars = [] } = request;
    const { removeMars = [], updateMars = [] } = request;
    return (
      [...removePdrs, ...updatePdrs].find(({ pdrId }) => !this.#pdrs.has(pdrId))?.pdrId ??
      [...removeFars, ...updateFars].find(({ farId }) => !this.#fars.has(farId))?.farId ??
      [...removeMars, ...updateMars].find(({ marId }) => !this.#mars.has(marId))?.marId
    );
  }
}

/** A node ID as one text, to compare by. */
export function nodeName(nodeId: NodeId): string {
  return nodeId.type === 'fqdn' ? nodeId.name.toLowerCase() : nodeId.address;
}
