import type { OpenDatagramSocket, QuicSession } from '@mpquic/endpoint';
import { TargetPolicy, type TargetRule } from '@mpquic/http3';
import type { OpenForwarder } from '@mpquic/masque';
import type { Logger } from '@mpquic/service';
import { type Address, parseIp, toHex } from '@mpquic/wire';
import { type SessionRules, SessionUserPlane, type UserPlaneReport } from './session-user-plane.ts';

export interface UserPlaneOptions {
  /** Name of the UPF, for Proxy-Status. */
  readonly name: string;
  /** Where the UPF listens for the non-3GPP access. */
  readonly accessNon3gpp: Address | undefined;
  /** Addresses of the UPF itself, N4 among them: no target for user traffic, whatever is allowed. */
  readonly ownAddresses: readonly Address[];
  readonly denied: readonly TargetRule[];
  /** Exceptions, such as a data network on loopback. */
  readonly allowed: readonly TargetRule[];
  /** The router towards the UEs, an IPv4 address. */
  readonly gateway: string;
  /** Whether UE addresses are addresses of this host, so that traffic leaves with them; else it is translated. */
  readonly routed: boolean;
  /** The N4 session that a KID belongs to; a provisioned PSK may belong to none. */
  readonly sessionOf: (kid: Uint8Array) => SessionRules | undefined;
  /** Addresses of connections without a session. */
  readonly addresses: AddressLeases;
  readonly openForwarder: OpenForwarder | undefined;
  readonly openSocket?: OpenDatagramSocket;
  readonly logger: Logger;
}

/** Gives addresses out for a while. */
export interface AddressLeases {
  leaseAddress(): string | undefined;
  returnAddress(address: string): void;
}

/** The user plane of the UPF: traffic of MPQUIC connections with ALPN h3, to and from the data network. */
export class UserPlane {
  readonly #options: UserPlaneOptions;
  readonly #policy: TargetPolicy;
  readonly #sessions = new Set<SessionUserPlane>();

  constructor(options: UserPlaneOptions) {
    this.#options = options;
    const own = options.ownAddresses.filter(({ host }) => host !== '0.0.0.0' && host !== '::');
    this.#policy = new TargetPolicy({
      never: own.map(({ host, port }) => ({ ...hostRule(host), port })),
      denied: [...own.map(({ host }) => hostRule(host)), ...options.denied],
      allowed: options.allowed,
    });
  }

  /** Connections that carry user traffic, or may. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Counters per connection and path. */
  reports(): readonly UserPlaneReport[] {
    return [...this.#sessions].map((session) => session.report());
  }

  /** The rules of a session changed: open flows go by the new ones. */
  rulesChanged(changed: SessionRules): void {
    for (const session of this.#sessions) session.rulesChanged(changed);
  }

  /** Takes over a connection; to be called in its `onhandshake`. */
  attach(quic: QuicSession, kid: Uint8Array): void {
    const { name, gateway, routed, sessionOf, openSocket, openForwarder } = this.#options;
    const { accessNon3gpp, addresses, logger } = this.#options;
    const n4 = sessionOf(kid);
    const leased = n4 === undefined ? addresses.leaseAddress() : undefined;
    const session = new SessionUserPlane({
      quic,
      kid,
      name,
      policy: this.#policy,
      gateway: parseIp(gateway),
      routed,
      openSocket,
      openForwarder,
      n4,
      ownAddress: leased,
      accessNon3gpp,
    });
    this.#sessions.add(session);
    logger.info({ kid: toHex(kid) }, 'an MPQUIC connection for user traffic');
    const forget = (): void => {
      this.#sessions.delete(session);
      session.close();
      if (leased !== undefined) addresses.returnAddress(leased);
    };
    quic.closed.then(forget, forget);
  }
}

function hostRule(host: string): TargetRule {
  const address = parseIp(host);
  return { prefix: { address, length: 8 * address.length } };
}
