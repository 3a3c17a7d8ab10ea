import { contains, type IpPrefix, parsePrefix } from '@mpquic/http3';
import { UsageError } from '@mpquic/wire';

/** A flow of the data network, as the UPF sees it. */
export interface DataFlow {
  /** IP protocol number. */
  readonly protocol: number;
  /** 4 or 16 octets: the far end. */
  readonly address: Uint8Array;
  /** Absent where the protocol has none. */
  readonly port?: number | undefined;
  /** The name that the UE asked for. */
  readonly name?: string | undefined;
}

/** What an SDF filter matches: the far end of downlink packets. */
export interface FlowDescription {
  /** Undefined for any. */
  readonly protocol: number | undefined;
  readonly address: IpPrefix | undefined;
  /** Empty for any. */
  readonly ports: readonly { readonly low: number; readonly high: number }[];
}

const RULE = /^permit out (ip|\d{1,3}) from (\S+)(?: ([\d,-]+))? to (\S+)(?: ([\d,-]+))?$/;

/**
 * An IPFilterRule in the direction of the downlink, such as `permit out 17 from 198.51.100.0/24 53 to assigned`.
 * Undefined for what is none: it then matches nothing. TS 29.212 §5.4.2, RFC 6733 §4.3.1
 */
export function parseFlowDescription(text: string): FlowDescription | undefined {
  const [, protocol, from, ports, to, ownPorts] = RULE.exec(text) ?? [];
  // Ports of the UE are not known here: such a filter would match too much.
  if (protocol === undefined || (to !== 'assigned' && to !== 'any') || ownPorts !== undefined) {
    return undefined;
  }
  const address = from === 'any' ? 'any' : prefixOf(from ?? '');
  const ranges = ports === undefined ? [] : ports.split(',').map(rangeOf);
  if (address === undefined || ranges.includes(undefined)) return undefined;
  const number = protocol === 'ip' ? undefined : Number(protocol);
  if (number !== undefined && number > 255) return undefined;
  return {
    protocol: number,
    address: address === 'any' ? undefined : address,
    ports: ranges.filter((range) => range !== undefined),
  };
}

export function describes({ protocol, address, ports }: FlowDescription, flow: DataFlow): boolean {
  if (protocol !== undefined && protocol !== flow.protocol) return false;
  if (address !== undefined && !contains(address, flow.address)) return false;
  const { port } = flow;
  if (ports.length === 0) return true;
  return port !== undefined && ports.some(({ low, high }) => low <= port && port <= high);
}

function prefixOf(text: string): IpPrefix | undefined {
  try {
    return parsePrefix(text);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function rangeOf(text: string): { low: number; high: number } | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined) return undefined;
  const range = { low: Number(first), high: Number(last) };
  return range.low <= range.high && range.high <= 65_535 ? range : undefined;
}
