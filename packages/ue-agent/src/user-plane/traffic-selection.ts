import {
  type AtsssRule,
  type Flow,
  matchesAll,
  type QosRule,
  readTrafficComponents,
  selectRule,
} from '@mpquic/nas';
import { isIpAddress } from '@mpquic/wire';
import type { SessionParameters } from '../session/ma-pdu-session.ts';

/** What an application, or a packet, wants to reach. */
export interface Destination {
  /** A name or an IP address. */
  readonly host: string;
  /** Undefined where the protocol has none. */
  readonly port: number | undefined;
  /** IP protocol number. */
  readonly protocol: number;
}

/** How the network wants a flow to be carried. */
export interface Selection {
  /** The ATSSS rule; undefined where none matches. */
  readonly rule: AtsssRule | undefined;
  /** QoS flow identifier. */
  readonly qfi: number;
}

/** Where a session names no QoS flow: a choice of this testbed. */
const NO_QFI = 0;
const UPLINK = 2;

/** The rules of a session for one flow. TS 23.501 §5.32.8, TS 24.501 §6.2.5.1.1.2 */
export function selectFor(
  { rules, qosRules }: Pick<SessionParameters, 'rules' | 'qosRules'>,
  { host, port, protocol }: Destination,
): Selection {
  const isAddress = isIpAddress(host);
  // A name has no address to match yet: rules for addresses do not apply to it.
  const flow: Flow = {
    remoteAddress: isAddress ? host : '0.0.0.0',
    protocol,
    ...(port === undefined ? {} : { remotePort: port }),
    ...(isAddress ? {} : { fqdn: host }),
  };
  return { rule: selectRule(rules, flow), qfi: qfiOf(qosRules, flow) };
}

/** The QoS flow of the rule of lowest precedence value that has an uplink filter for it. */
function qfiOf(rules: readonly QosRule[], flow: Flow): number {
  let chosen: QosRule | undefined;
  for (const rule of rules) {
    if (chosen !== undefined && (rule.precedence ?? 255) >= (chosen.precedence ?? 255)) continue;
    if (rule.isDefault || hasFilterFor(rule, flow)) chosen = rule;
  }
  return chosen?.qfi ?? NO_QFI;
}

function hasFilterFor({ filters }: QosRule, flow: Flow): boolean {
  return filters.some(({ direction, components }) => {
    const conditions = (direction & UPLINK) === 0 ? undefined : readTrafficComponents(components);
    return conditions !== undefined && matchesAll(conditions, flow);
  });
}
