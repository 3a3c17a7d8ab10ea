import { contains, type IpAddress, type IpPrefix, parsePrefix, unmapped } from './ip-prefix.ts';

/** Addresses, of all ports or of one. */
export interface TargetRule {
  readonly prefix: IpPrefix;
  readonly port?: number;
}

export interface TargetPolicyOptions {
  /** The proxy's own listeners, N4, N2 and whatever else user traffic must not reach. */
  readonly denied?: readonly TargetRule[];
  /** What no exception allows. */
  readonly never?: readonly TargetRule[];
  /** Exceptions that win over everything denied, such as a data network on loopback. */
  readonly allowed?: readonly TargetRule[];
}

/**
 * Which targets a proxy connects to. Loopback, link-local, unspecified, multicast, broadcast and reserved
 * addresses are refused, also where IPv6 wraps them. RFC 9298 §7
 */
export class TargetPolicy {
  readonly #never: readonly TargetRule[];
  readonly #denied: readonly TargetRule[];
  readonly #allowed: readonly TargetRule[];

  constructor({ never = [], denied = [], allowed = [] }: TargetPolicyOptions = {}) {
    this.#never = never;
    this.#denied = [...NEVER_A_TARGET, ...denied];
    this.#allowed = allowed;
  }

  /** @param port undefined where the protocol has none */
  allows(address: IpAddress, port?: number): boolean {
    const target = unmapped(address);
    const hit = (rule: TargetRule): boolean =>
      contains(rule.prefix, target) && (rule.port === undefined || rule.port === port);
    if (this.#never.some(hit)) return false;
    return this.#allowed.some(hit) || !this.#denied.some(hit);
  }
}

/** `prefix`, `address:port` or `[address]:port`. @throws {UsageError} */
export function parseTargetRule(text: string): TargetRule {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined) return { prefix: parsePrefix(text) };
  return { prefix: parsePrefix(bracketed ?? plain ?? ''), port: Number(port) };
}

const NEVER_A_TARGET: readonly TargetRule[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
].map((prefix) => ({ prefix: parsePrefix(prefix) }));
