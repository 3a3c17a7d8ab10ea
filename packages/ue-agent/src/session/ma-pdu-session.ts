import type {
  Access,
  AtsssRule,
  EstablishmentAccept,
  LinkAddress,
  ModificationCommand,
  NetworkSteering,
  PskParameters,
  QosRule,
  SmCapability,
} from '@mpquic/nas';
import { findPskParameters, PskContainerId, QosOperation } from '@mpquic/nas';
import { type Address, sameAddress, wipe } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';

/** A PSK as the UE holds it. */
export interface UePsk {
  readonly solution: string;
  readonly variant: string;
  /** 32 octets, wiped on release. */
  readonly key: Uint8Array;
  readonly kid: Uint8Array;
  readonly mode: 'raw' | 'imported';
  /** Counts the keys of one session. */
  readonly generation: number;
}

/** What the network said of a session when it accepted or modified it. */
export interface SessionParameters {
  /** IP@3, the address toward the data network. */
  readonly ueIp: string | undefined;
  /** IP@4 and IP@5, the link-specific addresses. */
  linkAddresses: { readonly [A in Access]: string | undefined };
  /**
   * MPQUIC proxies of the UPF. With two, the first is meant for 3GPP access and the second for
   * non-3GPP access: a testbed convention.
   */
  proxies: readonly Address[];
  rules: readonly AtsssRule[];
  /** Which QoS flow each kind of traffic goes by. */
  qosRules: readonly QosRule[];
  /** Using_PSK_indication and what goes with it; undefined where the network sent none. */
  indication: PskParameters | undefined;
}

/** An established MA PDU session. */
export interface MaPduSession extends SessionParameters {
  readonly pduSessionId: number;
  /** Where the request, or its last update, was sent. */
  access: Access;
  /** Uplink NAS COUNT of the message with the request, or with its last update: "stored COUNT". */
  ulNasCount: number;
  psk: UePsk | undefined;
}

/** ATSSS abilities of this UE: all MPQUIC functionalities. TS 24.501 §9.11.4.1 */
export const UE_SM_CAPABILITY: SmCapability = {
  mpquicUdp: true,
  mpquicIp: true,
};

/**
 * Reads an Accept for a session that is to use MPQUIC.
 * @throws {UeFailure} `protocol` where proxy or link-specific addresses are missing
 */
export function readAccept(accept: EstablishmentAccept): SessionParameters {
  const steering = accept.atsss?.networkSteering;
  const proxies = steering === undefined ? [] : proxiesOf(steering);
  if (steering === undefined || proxies.length === 0) {
    throw new UeFailure('protocol', 'the Accept names no MPQUIC proxy: MPQUIC is not activated');
  }
  return {
    ueIp: accept.pduAddress?.ipv4,
    linkAddresses: linkAddressesOf(steering),
    proxies,
    rules: accept.atsss?.rules ?? [],
    qosRules: accept.qosRules,
    indication: findPskParameters(accept.configuration, PskContainerId.indication),
  };
}

/**
 * Takes over what a Modification Command changes: rules, the proxy of another UPF, PSK parameters.
 * @returns whether the session has another UPF
 * @throws {UeFailure} `protocol` on a proxy without address or port
 */
export function applyModification(session: MaPduSession, command: ModificationCommand): boolean {
  const { atsss, configuration } = command;
  const before = session.proxies;
  const steering = atsss?.networkSteering;
  const proxies = steering === undefined ? [] : proxiesOf(steering);
  if (steering !== undefined && proxies.length > 0) {
    session.proxies = proxies;
    session.linkAddresses = linkAddressesOf(steering);
  }
  session.rules = atsss?.rules ?? session.rules;
  session.qosRules = changedQosRules(session.qosRules, command.qosRules ?? []);
  session.indication =
    findPskParameters(configuration, PskContainerId.indication) ?? session.indication;
  return !sameProxies(before, session.proxies);
}

function sameProxies(one: readonly Address[], other: readonly Address[]): boolean {
  return (
    one.length === other.length &&
    one.every((address, i) => sameAddress(address, other[i] as Address))
  );
}

/** Rules are created, replaced or deleted as a whole; what changes filters alone is left out. TS 24.501 §9.11.4.13 */
function changedQosRules(
  present: readonly QosRule[],
  changes: readonly QosRule[],
): readonly QosRule[] {
  const rules = new Map(present.map((rule) => [rule.identifier, rule]));
  for (const change of changes) {
    if (change.operation === QosOperation.delete) rules.delete(change.identifier);
    if (change.operation === QosOperation.create) rules.set(change.identifier, change);
  }
  return [...rules.values()];
}

function proxiesOf({ mpquicProxies = [] }: NetworkSteering): Address[] {
  return mpquicProxies.map(({ ipv4, ipv6, port }) => {
    const host = ipv4 ?? ipv6;
    if (host === undefined || port === 0) {
      throw new UeFailure('protocol', 'the network names an MPQUIC proxy without address or port');
    }
    return { host, port };
  });
}

function linkAddressesOf(steering: NetworkSteering): SessionParameters['linkAddresses'] {
  return {
    '3gpp': hostOf(steering.ueAddress3gpp),
    'non-3gpp': hostOf(steering.ueAddressNon3gpp),
  };
}

/** Where the UE reaches the UPF over one access. */
export function proxyFor(session: SessionParameters, access: Access): Address {
  const [first, second] = session.proxies;
  return (access === '3gpp' ? first : (second ?? first)) as Address;
}

/** Overwrites the session's PSK. */
export function forgetPsk(session: MaPduSession): void {
  if (session.psk !== undefined) wipe(session.psk.key);
  session.psk = undefined;
}

function hostOf(address: LinkAddress | undefined): string | undefined {
  return address?.ipv4 ?? address?.ipv6;
}
