import { type NodeId, PfcpCause, type PfcpRequest, type PfcpResponse } from '@mpquic/pfcp';
import type { Address } from '@mpquic/wire';
import { nodeName } from './n4-session.ts';
import type { SessionManager } from './session-manager.ts';

/** An SMF that this UPF has an association with. */
export interface Association {
  readonly node: string;
  /** Where it was set up from. */
  readonly peer: Address;
  /** Seconds since 1900: when that SMF started. */
  recoveryTimeStamp: number;
}

export interface N4DispatchOptions {
  readonly nodeId: NodeId;
  /** Seconds since 1900: when this UPF started. */
  readonly recoveryTimeStamp: number;
  readonly sessions: SessionManager;
  readonly onAssociation?: (association: Association, established: boolean) => void;
}

const MAX_ASSOCIATIONS = 64;

/** The requests that an SMF may send to a UPF, and what each is answered. TS 29.244 §6.2, §6.3 */
export class N4Dispatch {
  readonly #options: N4DispatchOptions;
  readonly #associations = new Map<string, Association>();

  constructor(options: N4DispatchOptions) {
    this.#options = options;
  }

  get associations(): readonly Association[] {
    return [...this.#associations.values()];
  }

  /** The answer to a request; `undefined` for one that a UPF does not serve. */
  answer(request: PfcpRequest, peer: Address): PfcpResponse | undefined {
    const { sessions, nodeId, recoveryTimeStamp } = this.#options;
    const { sequenceNumber } = request;
    switch (request.type) {
      case 'heartbeatRequest':
        return { type: 'heartbeatResponse', sequenceNumber, recoveryTimeStamp };
      case 'associationSetupRequest':
        return {
          type: 'associationSetupResponse',
          sequenceNumber,
          nodeId,
          cause: this.#associate(nodeName(request.nodeId), request.recoveryTimeStamp, peer),
          recoveryTimeStamp,
          upFunctionFeatures: ['ftup', 'ueip', 'atsssLl', 'mptcp'],
        };
      case 'associationUpdateRequest':
        return {
          type: 'associationUpdateResponse',
          sequenceNumber,
          nodeId,
          cause: this.#known(nodeName(request.nodeId)),
        };
      case 'associationReleaseRequest':
        return {
          type: 'associationReleaseResponse',
          sequenceNumber,
          nodeId,
          cause: this.#release(nodeName(request.nodeId)),
        };
      case 'sessionSetDeletionRequest':
        sessions.releaseAll('the SMF deleted all sessions', nodeName(request.nodeId));
        return {
          type: 'sessionSetDeletionResponse',
          sequenceNumber,
          nodeId,
          cause: this.#known(nodeName(request.nodeId)),
        };
      case 'sessionEstablishmentRequest': {
        const cause = this.#known(nodeName(request.nodeId));
        if (cause === PfcpCause.requestAccepted) return sessions.establish(request);
        const { seid } = request.cpFSeid;
        return { type: 'sessionEstablishmentResponse', sequenceNumber, seid, nodeId, cause };
      }
      case 'sessionModificationRequest':
        return sessions.modify(request);
      case 'sessionDeletionRequest':
        return sessions.delete(request);
      case 'sessionReportRequest':
        return undefined;
    }
  }

  /** An SMF that does not answer, or that started anew, knows its sessions no more: they end with their PSKs. */
  lose(association: Association, reason: string): void {
    if (this.#associations.get(association.node) !== association) return;
    this.#associations.delete(association.node);
    this.#options.sessions.orphan(reason, association.node);
    this.#options.onAssociation?.(association, false);
  }

  /** A changed time stamp tells that the SMF started anew and knows its sessions no more. TS 29.244 §6.2.6 */
  #associate(node: string, recoveryTimeStamp: number, peer: Address): PfcpCause {
    const present = this.#associations.get(node);
    if (present === undefined && this.#associations.size >= MAX_ASSOCIATIONS) {
      return PfcpCause.noResourcesAvailable;
    }
    if (present !== undefined) {
      this.#options.sessions.orphan('the SMF set its association up anew', node);
    }
    const association: Association = { node, peer, recoveryTimeStamp };
    this.#associations.set(node, association);
    this.#options.onAssociation?.(association, true);
    return PfcpCause.requestAccepted;
  }

  #known(node: string): PfcpCause {
    return this.#associations.has(node)
      ? PfcpCause.requestAccepted
      : PfcpCause.noEstablishedAssociation;
  }

  #release(node: string): PfcpCause {
    const association = this.#associations.get(node);
    if (association === undefined) return PfcpCause.noEstablishedAssociation;
    this.#associations.delete(node);
    this.#options.sessions.orphan('the SMF released the association', node);
    this.#options.onAssociation?.(association, false);
    return PfcpCause.requestAccepted;
  }
}
