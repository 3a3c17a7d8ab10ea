import type { TransportMode } from '@mpquic/http3';
import type { FlowTreatment } from '@mpquic/masque';
import {
  type CreateMar,
  type CreatePdr,
  PfcpInterface,
  PfcpSteeringFunctionality,
  PfcpTransportMode,
} from '@mpquic/pfcp';
import {
  type AccessOf,
  minimumRttScheduler,
  type PathScheduler,
  type Steering,
  steeringScheduler,
} from '@mpquic/quic';
import { type DataFlow, describes, parseFlowDescription } from './flow-description.ts';
import { steeringOf } from './multi-access-steering.ts';

/** How a flow goes, by a scheduler always. */
export interface SteeredTreatment extends FlowTreatment {
  readonly route: PathScheduler;
}

/** The rules of an N4 session, as they are now. */
export interface DownlinkRules {
  readonly pdrs: readonly CreatePdr[];
  readonly mars: readonly CreateMar[];
}

const TUNNEL_MODE: ReadonlyMap<number | undefined, TransportMode> = new Map([
  [PfcpTransportMode.datagramMode1, 'datagram-1'],
  [PfcpTransportMode.datagramMode2, 'datagram-2'],
  [PfcpTransportMode.stream, 'stream'],
]);

/**
 * How each flow of one connection goes towards the UE: by the MAR of the first downlink PDR that matches it.
 * Where there is none, paths go by least delay as the UE's PATH_STATUS lets them: a choice of this testbed.
 * TS 23.501 §5.32.8, TS 29.244 §5.20.2
 */
export class DownlinkSteering {
  readonly #rules: () => DownlinkRules;
  readonly #accessOf: AccessOf;
  /** One for each rule, which all of its flows share. */
  readonly #schedulers = new WeakMap<CreateMar, PathScheduler>();

  /** @param rules asked for each new flow: they may change meanwhile */
  constructor(rules: () => DownlinkRules, accessOf: AccessOf) {
    this.#rules = rules;
    this.#accessOf = accessOf;
  }

  /** How a flow goes. */
  treatmentOf(flow: DataFlow): SteeredTreatment {
    const mar = this.#marOf((pdr) => matches(pdr, flow));
    if (mar === undefined) return { route: minimumRttScheduler, mode: undefined };
    return { route: this.#schedulerOf(mar), mode: modeOf(mar) };
  }

  /** The mode of traffic that no filter names. */
  get general(): Steering['type'] | 'leastDelay' {
    const mar = this.#marOf(isGeneral);
    return mar === undefined ? 'leastDelay' : steeringOf(mar).steering.type;
  }

  /** For streams, and what goes by no flow. */
  get generalScheduler(): PathScheduler {
    const mar = this.#marOf(isGeneral);
    return mar === undefined ? minimumRttScheduler : this.#schedulerOf(mar);
  }

  #marOf(applies: (pdr: CreatePdr) => boolean): CreateMar | undefined {
    const { pdrs, mars } = this.#rules();
    let chosen: CreateMar | undefined;
    let precedence = Number.POSITIVE_INFINITY;
    for (const pdr of pdrs) {
      if (pdr.pdi.sourceInterface === PfcpInterface.access || pdr.precedence >= precedence)
        continue;
      const mar = mars.find(({ marId }) => marId === pdr.marId);
      if (mar?.steeringFunctionality !== PfcpSteeringFunctionality.mpquic || !applies(pdr))
        continue;
      chosen = mar;
      precedence = pdr.precedence;
    }
    return chosen;
  }

  #schedulerOf(mar: CreateMar): PathScheduler {
    const known = this.#schedulers.get(mar);
    if (known !== undefined) return known;
    const { steering, thresholds } = steeringOf(mar);
    const made = steeringScheduler(steering, this.#accessOf, thresholds);
    this.#schedulers.set(mar, made);
    return made;
  }
}

/** Redundant packets need numbers, by which the UE drops copies. */
function modeOf(mar: CreateMar): TransportMode | undefined {
  const told = TUNNEL_MODE.get(mar.transportMode);
  const redundant = steeringOf(mar).steering.type === 'redundant';
  return redundant && told !== 'stream' ? 'datagram-1' : told;
}

function isGeneral({ pdi }: CreatePdr): boolean {
  return (pdi.sdfFilters ?? []).length === 0 && pdi.applicationId === undefined;
}

/** One of the SDF filters, and the application, where the PDR names any. */
function matches({ pdi }: CreatePdr, flow: DataFlow): boolean {
  const { sdfFilters = [], applicationId } = pdi;
  if (applicationId !== undefined && applicationId.toLowerCase() !== flow.name?.toLowerCase()) {
    return false;
  }
  return sdfFilters.length === 0 || sdfFilters.some((text) => matchesFilter(text, flow));
}

function matchesFilter(text: string, flow: DataFlow): boolean {
  const description = parseFlowDescription(text);
  return description !== undefined && describes(description, flow);
}
