import { parseIp } from '@mpquic/wire';
import type { AtsssRule } from './rule.ts';
import type { TrafficComponent } from './traffic-descriptor.ts';

/** What is known of a flow of packets. */
export interface Flow {
  /** The far end, as the UE sees it. */
  readonly remoteAddress: string;
  /** IP protocol number: 6 TCP, 17 UDP. */
  readonly protocol: number;
  /** Absent where the protocol has none. */
  readonly remotePort?: number;
  /** The name that the application asked for, where known. */
  readonly fqdn?: string;
  /** The type-of-service or traffic-class octet. */
  readonly typeOfService?: number;
}

/** The rule of lowest precedence value whose descriptor matches, or `undefined`. TS 23.501 §5.32.8 */
export function selectRule(rules: readonly AtsssRule[], flow: Flow): AtsssRule | undefined {
  let selected: AtsssRule | undefined;
  for (const rule of rules) {
    if (selected !== undefined && rule.precedence >= selected.precedence) continue;
    if (matchesAll(rule.trafficDescriptor, flow)) selected = rule;
  }
  return selected;
}

/** Whether all conditions hold for the flow. */
export function matchesAll(components: readonly TrafficComponent[], flow: Flow): boolean {
  return components.every((component) => matches(component, flow));
}

function matches(component: TrafficComponent, flow: Flow): boolean {
  switch (component.type) {
    case 'matchAll':
      return true;
    case 'remoteIpv4':
      return sameBits(parseIp(component.address), flow.remoteAddress, parseIp(component.mask));
    case 'remoteIpv6':
      return sameBits(
        parseIp(component.address),
        flow.remoteAddress,
        prefixMask(component.prefixLength),
      );
    case 'protocol':
      return component.protocol === flow.protocol;
    case 'remotePort':
      return component.port === flow.remotePort;
    case 'remotePortRange':
      return (
        flow.remotePort !== undefined &&
        flow.remotePort >= component.low &&
        flow.remotePort <= component.high
      );
    case 'typeOfService':
      return (
        flow.typeOfService !== undefined &&
        ((flow.typeOfService ^ component.value) & component.mask) === 0
      );
    case 'fqdn':
      return component.name.toLowerCase() === flow.fqdn?.toLowerCase();
  }
}

function sameBits(wanted: Uint8Array, address: string, mask: Uint8Array): boolean {
  const octets = parseIp(address);
  return (
    octets.length === wanted.length &&
    octets.every((octet, i) => ((octet ^ (wanted[i] as number)) & (mask[i] as number)) === 0)
  );
}

function prefixMask(length: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => {
    const bits = Math.min(8, Math.max(0, length - 8 * i));
    return 0xff & ~(0xff >>> bits);
  });
}
