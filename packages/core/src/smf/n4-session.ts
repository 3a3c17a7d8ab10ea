import {
  type CreateFar,
  type CreatePdr,
  type MultipathParameters,
  PfcpCause,
  PfcpInterface,
  type PskDelivery,
  pfcpCauseName,
} from '@mpquic/pfcp';
import { ipByFamily } from '@mpquic/wire';
import { type FarIds, multiAccessRule, type SteeringModeName } from './atsss.ts';
import { marsFor, pdrsFor, type TrafficRule } from './traffic-rule.ts';
import type { UpfAssociation } from './upf-association.ts';

export interface N4SessionRequest {
  /** Of the SM context that the session is for. */
  readonly reference: string;
  /** `imsi-` and digits. */
  readonly supi: string;
  readonly dnn: string;
  /** Undefined for a session without MPQUIC. */
  readonly steeringMode: SteeringModeName | undefined;
  /** Traffic that is treated apart, in a session with MPQUIC. */
  readonly trafficRules: readonly TrafficRule[];
  readonly psk: PskDelivery | undefined;
}

/** The UPF refuses. */
export class N4Failure extends Error {
  readonly code = 'N4_FAILURE';
  override readonly name = 'N4Failure';
  /** One of `PfcpCause`; undefined where it did not answer. */
  override readonly cause: number | undefined;

  constructor(reason: string, cause?: number) {
    super(reason);
    this.cause = cause;
  }
}

/** A PFCP session at one UPF. TS 29.244 §6.3 */
export class N4Session {
  readonly association: UpfAssociation;
  /** Of the SM context that the session is for. */
  readonly reference: string;
  /** F-SEID of this side: reports of the UPF name it. */
  readonly localSeid: bigint;
  /** F-SEID of the UPF: requests to it name it. */
  readonly remoteSeid: bigint;
  /** Address of the session (IP@3), which the UPF allocated. */
  readonly ueIp: string;
  /** Proxies, the first for 3GPP and the second for non-3GPP access where there are two; empty without MPQUIC. */
  readonly mpquic: readonly MultipathParameters[];
  #alive = true;

  private constructor(
    association: UpfAssociation,
    reference: string,
    localSeid: bigint,
    remoteSeid: bigint,
    ueIp: string,
    mpquic: readonly MultipathParameters[],
  ) {
    this.association = association;
    this.reference = reference;
    this.localSeid = localSeid;
    this.remoteSeid = remoteSeid;
    this.ueIp = ueIp;
    this.mpquic = mpquic;
  }

  /** FQDN of the UPF. */
  get upfId(): string {
    return this.association.upfId;
  }

  /** @throws {N4Failure} */
  static async establish(
    association: UpfAssociation,
    request: N4SessionRequest,
  ): Promise<N4Session> {
    const localSeid = association.newSeid();
    const { reference, steeringMode, psk, supi, dnn } = request;
    const trafficRules = steeringMode === undefined ? [] : request.trafficRules;
    const response = await association.request({
      type: 'sessionEstablishmentRequest',
      seid: 0n,
      nodeId: association.localNodeId,
      cpFSeid: { seid: localSeid, ...ipByFamily(association.localHost) },
      createPdrs: [
        ...packetDetectionRules(steeringMode !== undefined, dnn),
        ...pdrsFor(trafficRules, dnn),
      ],
      createFars: FORWARDING_RULES,
      ...(steeringMode === undefined
        ? {}
        : {
            createMars: [multiAccessRule(steeringMode, FAR_IDS), ...marsFor(trafficRules, FAR_IDS)],
            atsssControl: { mpquic: ['cudp', 'cip'] },
          }),
      pdnType: IPV4,
      userId: { imsi: supi.replace(/^imsi-/, '') },
      ...(psk === undefined ? {} : { pskDeliveries: [psk] }),
    });
    if (response.type !== 'sessionEstablishmentResponse') throw new N4Failure('another response');
    if (response.cause !== PfcpCause.requestAccepted || response.upFSeid === undefined) {
      throw refused(association, response.cause);
    }
    const ueIp = response.createdPdrs
      ?.map((created) => created.ueIpAddress?.ipv4)
      .find((address) => address !== undefined);
    const { seid } = response.upFSeid;
    const session = new N4Session(
      association,
      reference,
      localSeid,
      seid,
      ueIp ?? '',
      // What was not asked for does not count.
      steeringMode === undefined ? [] : (response.atsssParameters?.mpquic ?? []),
    );
    association.add(session);
    const lacksMpquic = steeringMode !== undefined && session.mpquic.length === 0;
    if (ueIp === undefined || lacksMpquic) {
      await session.delete();
      throw new N4Failure(`${association.upfId} allocates no ${lacksMpquic ? 'proxy' : 'address'}`);
    }
    return session;
  }

  /** @throws {N4Failure} */
  async modify(change: {
    readonly psk?: PskDelivery;
    readonly steeringMode?: SteeringModeName;
  }): Promise<void> {
    const { psk, steeringMode } = change;
    const mar = steeringMode === undefined ? undefined : multiAccessRule(steeringMode, FAR_IDS);
    const response = await this.association.request({
      type: 'sessionModificationRequest',
      seid: this.remoteSeid,
      ...(psk === undefined ? {} : { pskDeliveries: [psk] }),
      ...(mar === undefined ? {} : { removeMars: [{ marId: mar.marId }], createMars: [mar] }),
    });
    if (response.type !== 'sessionModificationResponse') throw new N4Failure('another response');
    if (response.cause !== PfcpCause.requestAccepted) {
      throw refused(this.association, response.cause);
    }
  }

  /** Deletes the session and with it every PSK of it at the UPF. A UPF that is gone has none any more. */
  async delete(): Promise<void> {
    if (!this.#alive) return;
    this.forget();
    const response = await this.association.request({
      type: 'sessionDeletionRequest',
      seid: this.remoteSeid,
    });
    if (response.type !== 'sessionDeletionResponse') throw new N4Failure('another response');
    const { cause } = response;
    if (cause !== PfcpCause.requestAccepted && cause !== PfcpCause.sessionContextNotFound) {
      throw refused(this.association, cause);
    }
  }

  /** The UPF has lost the session. */
  forget(): void {
    this.#alive = false;
    this.association.remove(this);
  }
}

function refused({ upfId }: UpfAssociation, cause: number): N4Failure {
  return new N4Failure(`${upfId} refuses: ${pfcpCauseName(cause)}`, cause);
}

/** Uplink from the proxy to the data network; downlink by the MAR, or by the FAR of 3GPP access. */
function packetDetectionRules(multiAccess: boolean, dnn: string): readonly CreatePdr[] {
  return [
    {
      pdrId: 1,
      precedence: 100,
      pdi: { sourceInterface: PfcpInterface.access, ueIpAddress: { chooseIpv4: true } },
      farId: 1,
    },
    {
      pdrId: 2,
      precedence: 100,
      pdi: {
        sourceInterface: PfcpInterface.core,
        networkInstance: dnn,
        ueIpAddress: { chooseIpv4: true, isDestination: true },
      },
      ...(multiAccess ? { marId: 1 } : { farId: 2 }),
    },
  ];
}

/** 1 to the data network, 2 to 3GPP access, 3 to non-3GPP access. */
const FORWARDING_RULES: readonly CreateFar[] = [
  {
    farId: 1,
    applyAction: ['forw'],
    forwardingParameters: { destinationInterface: PfcpInterface.core },
  },
  {
    farId: 2,
    applyAction: ['forw'],
    forwardingParameters: { destinationInterface: PfcpInterface.access },
  },
  {
    farId: 3,
    applyAction: ['forw'],
    forwardingParameters: { destinationInterface: PfcpInterface.access },
  },
];

const FAR_IDS: FarIds = { threeGpp: 2, nonThreeGpp: 3 };

const IPV4 = 1;
