import type { DatagramRoute, TransportMode as TunnelMode } from '@mpquic/http3';
import { FlowRoutes, flowOf } from '@mpquic/masque';
import { type Access, type AtsssRule, SteeringFunctionality, TransportMode } from '@mpquic/nas';
import { type PathScheduler, type Steering, steeringScheduler } from '@mpquic/quic';
import type { Logger } from '@mpquic/service';
import { formatIp } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';
import type { MpquicOptions } from '../mpquic-connection.ts';
import { IpFlows } from './ip-flows.ts';
import { openIpLink } from './ip-link.ts';
import type { SessionSource } from './session-keeper.ts';
import { type Selection, selectFor } from './traffic-selection.ts';
import { openUdpTunnel } from './udp-tunnel.ts';
import { type ConnectionReport, isRefusedPsk, UserConnection } from './user-connection.ts';

/** Whether a new connection is there before the old one ends, or after. */
export type RenewalOrder = 'make-before-break' | 'graceful-gap';

export interface UserPlaneOptions {
  readonly mpquic: MpquicOptions;
  /** `make-before-break` unless told. */
  readonly renewal?: RenewalOrder;
  readonly sessions: SessionSource;
  readonly access: Access;
  readonly bothAccesses: boolean;
  readonly logger: Logger;
}

/** Where an application's datagrams go. */
export interface FlowTarget {
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
}

/** An application's UDP flow through the UPF. */
export interface UserFlow {
  /** False where the datagram was dropped. */
  send(payload: Uint8Array): boolean;
  close(): void;
}

/** Packets between the kernel and the data network. */
export interface PacketLink {
  /** 4 octets: the UE's address in the data network. */
  readonly address: Uint8Array;
  /** Octets of the largest packet that fits now. */
  readonly mtu: number;
  /** Forwards a packet, which is changed; the result is an ICMP error for its source. */
  forward(packet: Uint8Array): Uint8Array | undefined;
  close(): void;
}

export interface PacketReceiver {
  /** A packet, as a view that stays unchanged. */
  receive(packet: Uint8Array): void;
  /** The link is over, or never came to be. */
  ended(reason: string): void;
}

/** A flow whose datagrams may be routed anew. */
export interface SteerableFlow extends UserFlow {
  setRoute(route: DatagramRoute | undefined): void;
}

export interface FlowReceiver {
  /** A payload, as a view that stays unchanged. */
  receive(payload: Uint8Array): void;
  /** The flow is over. */
  ended(reason: string): void;
}

/** What a rule makes of a flow. */
export interface FlowTreatment {
  readonly functionality: 'CONNECT-UDP' | 'CONNECT-IP';
  readonly transport: TunnelMode;
  readonly steering: Steering['type'];
}

const UDP = 17;

/** What only a rule for all traffic matches. */
const ANYTHING = { host: '0.0.0.0', port: undefined, protocol: 255 };

/** What a rule says of a flow; without a rule: CONNECT-UDP, datagram mode 2, smallest delay. */
const NO_RULE: Pick<AtsssRule, 'functionality' | 'mode' | 'transportMode'> = {
  functionality: SteeringFunctionality.mpquicUdp,
  mode: { type: 'smallestDelay' },
  transportMode: TransportMode.datagramMode2,
};

const TUNNEL_MODE: ReadonlyMap<number | undefined, TunnelMode> = new Map([
  [TransportMode.datagramMode1, 'datagram-1'],
  [TransportMode.datagramMode2, 'datagram-2'],
  [TransportMode.stream, 'stream'],
]);

/**
 * How a rule's payloads travel. Redundant steering needs sequence numbers, by which the other side drops copies,
 * so that mode 2 becomes mode 1 there: a choice of this testbed.
 */
function tunnelMode({ mode, transportMode }: typeof NO_RULE): TunnelMode {
  const asTold = TUNNEL_MODE.get(transportMode) ?? 'datagram-2';
  return mode.type === 'redundant' && asTold === 'datagram-2' ? 'datagram-1' : asTold;
}

function carriesAlike(a: AtsssRule | undefined, b: AtsssRule | undefined): boolean {
  const one = a ?? NO_RULE;
  const other = b ?? NO_RULE;
  return one.functionality === other.functionality && tunnelMode(one) === tunnelMode(other);
}

/** What a connection is for: the flows of one QoS flow, or of one of its rules in stream mode. */
interface Purpose {
  readonly key: string;
  readonly rule: AtsssRule | undefined;
  readonly qfi: number;
}

/** A connection, and what goes over it. */
interface Bearer {
  readonly purpose: Purpose;
  readonly connection: UserConnection;
  readonly schedulers: Map<AtsssRule | undefined, PathScheduler>;
  /** By the mode of their tunnel. */
  readonly ip: Map<TunnelMode, Promise<IpFlows>>;
}

/** A flow that is open, and why it goes as it goes. */
interface OpenFlow {
  readonly target: FlowTarget;
  readonly flow: SteerableFlow;
  readonly bearer: Bearer;
  readonly selection: Selection;
}

/**
 * The user plane of a UE: UDP flows of applications go by the ATSSS rule that matches them, through
 * CONNECT-UDP or CONNECT-IP, with the rule's transport and steering mode. TS 23.501 §5.32.8
 */
export class UserPlane {
  readonly #options: UserPlaneOptions;
  /** For each QoS flow one connection for datagrams, and one for each rule in stream mode. */
  readonly #bearers = new Map<string, Promise<Bearer>>();
  readonly #flows = new Set<OpenFlow>();
  readonly #packetRoutes = new Set<FlowRoutes>();
  #closed = false;
  #renewalDue = false;
  #renewal: Promise<void> = Promise.resolve();

  constructor(options: UserPlaneOptions) {
    this.#options = options;
  }

  /** The connections that are there now. */
  async connections(): Promise<readonly UserConnection[]> {
    const bearers = await Promise.allSettled(this.#bearers.values());
    return bearers.flatMap((bearer) =>
      bearer.status === 'fulfilled' ? [bearer.value.connection] : [],
    );
  }

  /**
   * Opens a flow. A connection that was lost is made anew, with a handshake of its own.
   * @throws {UeFailure} where the UPF does not answer or refuses the target
   */
  async openFlow(target: FlowTarget, receiver: FlowReceiver): Promise<UserFlow> {
    if (this.#closed) throw new UeFailure('mpquic', 'the user plane is closed');
    const { session } = await this.#options.sessions.ready();
    const selection = selectFor(session, { ...target, protocol: UDP });
    const { rule, qfi } = selection;
    const mode = tunnelMode(rule ?? NO_RULE);
    const bearer = await this.#bearerFor(rule, mode, qfi);
    let open: OpenFlow | undefined;
    const flow = await this.#openOn(bearer, rule, target, {
      receive: (payload) => receiver.receive(payload),
      ended: (reason) => {
        if (open !== undefined) this.#flows.delete(open);
        receiver.ended(reason);
      },
    });
    open = { target, flow, bearer, selection };
    this.#flows.add(open);
    return flow;
  }

  /**
   * An IP link of its own for packets of any protocol, on the connection of the default QoS flow. Each packet is
   * steered by the rule that matches it; that it travels by CONNECT-IP is settled by its being a packet.
   * @throws {UeFailure} where the UPF does not answer or gives no address
   */
  async openPacketLink(receiver: PacketReceiver): Promise<PacketLink> {
    if (this.#closed) throw new UeFailure('mpquic', 'the user plane is closed');
    const { sessions } = this.#options;
    const { session } = await sessions.ready();
    const { rule, qfi } = selectFor(session, ANYTHING);
    const mode = tunnelMode(rule ?? NO_RULE);
    const bearer = await this.#bearerFor(rule, mode, qfi);
    const { http } = bearer.connection;
    const routes = new FlowRoutes(({ protocol, address, port }) => {
      const destination = { host: formatIp(address), port, protocol };
      return this.#schedulerOf(bearer, selectFor(sessions.current ?? session, destination).rule);
    });
    this.#packetRoutes.add(routes);
    const tunnel = await openIpLink({
      http,
      mode,
      receive: (packet) => receiver.receive(packet),
      ended: (reason) => {
        this.#packetRoutes.delete(routes);
        receiver.ended(reason);
      },
    });
    const [own] = tunnel.addresses;
    return {
      address: own?.address ?? new Uint8Array(4),
      mtu: tunnel.mtu,
      forward: (packet) => {
        const route = mode === 'stream' ? undefined : routes.find(flowOf(packet));
        return tunnel.forward(packet, http.now(), route);
      },
      close: () => tunnel.close(),
    };
  }

  /**
   * The rules of the session changed: open flows are steered anew. A flow that is to be carried in another way ends;
   * whoever uses it opens it again.
   */
  rulesChanged(): void {
    const session = this.#options.sessions.current;
    if (session === undefined) return;
    for (const routes of this.#packetRoutes) routes.clear();
    for (const { target, flow, bearer, selection } of [...this.#flows]) {
      const { rule, qfi } = selectFor(session, { ...target, protocol: UDP });
      if (qfi === selection.qfi && carriesAlike(rule, selection.rule)) {
        if (tunnelMode(rule ?? NO_RULE) !== 'stream') {
          flow.setRoute(this.#schedulerOf(bearer, rule));
        }
      } else {
        flow.close();
      }
    }
  }

  /**
   * The session has another PSK or another UPF: all connections are made anew, and flows move as theirs ends. What is
   * told several times at once is done once.
   */
  renewConnections(): void {
    if (this.#renewalDue) return;
    this.#renewalDue = true;
    setImmediate(() => {
      this.#renewalDue = false;
      this.#renewal = this.#renewal.then(() => this.#renew());
    });
  }

  async #renew(): Promise<void> {
    const { renewal = 'make-before-break', logger } = this.#options;
    const replaced = await Promise.allSettled(this.#bearers.values());
    const old = replaced.flatMap((bearer) => (bearer.status === 'fulfilled' ? bearer.value : []));
    this.#bearers.clear();
    const end = (): Promise<unknown> =>
      Promise.allSettled(old.map(({ connection }) => connection.close()));
    if (renewal === 'graceful-gap') await end();
    try {
      await Promise.all(old.map(({ purpose }) => this.#reopen(purpose)));
    } catch (error) {
      // The UPF ends the old ones in its time; flows open new ones when they need them.
      logger.warn({ reason: String(error) }, 'no connection with the new PSK');
      return;
    }
    if (renewal === 'make-before-break') await end();
  }

  /** The UPF may get the new PSK a little later than the UE. */
  async #reopen(purpose: Purpose): Promise<void> {
    for (let attempt = 1; !this.#closed; attempt++) {
      try {
        await (this.#bearers.get(purpose.key) ?? this.#open(purpose));
        return;
      } catch (error) {
        if (attempt === RENEWAL_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, RENEWAL_PAUSE_MS));
      }
    }
  }

  /** What the paths of all connections carried and measured. */
  async reports(): Promise<readonly ConnectionReport[]> {
    return (await this.connections()).map((connection) => connection.report());
  }

  /** How a flow to this target goes. */
  treatmentOf(target: FlowTarget): FlowTreatment {
    const session = this.#options.sessions.current;
    const selected = session && selectFor(session, { ...target, protocol: UDP }).rule;
    const rule = selected ?? NO_RULE;
    const overIp = rule.functionality === SteeringFunctionality.mpquicIp;
    return {
      functionality: overIp ? 'CONNECT-IP' : 'CONNECT-UDP',
      transport: tunnelMode(rule),
      steering: rule.mode.type,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of await this.connections()) await connection.close();
  }

  async #openOn(
    bearer: Bearer,
    rule: AtsssRule | undefined,
    target: FlowTarget,
    receiver: FlowReceiver,
  ): Promise<SteerableFlow> {
    const { functionality } = rule ?? NO_RULE;
    const mode = tunnelMode(rule ?? NO_RULE);
    const { http } = bearer.connection;
    const route = mode === 'stream' ? undefined : this.#schedulerOf(bearer, rule);
    if (functionality !== SteeringFunctionality.mpquicIp) {
      return openUdpTunnel({ http, target, mode, route, receiver });
    }
    const known = bearer.ip.get(mode);
    if (known !== undefined) return (await known).openFlow(target, receiver, route);
    const forget = (): void => void bearer.ip.delete(mode);
    const opening = IpFlows.open({ http, mode, ended: forget });
    bearer.ip.set(mode, opening);
    opening.catch(forget);
    return (await opening).openFlow(target, receiver, route);
  }

  async #bearerFor(rule: AtsssRule | undefined, mode: TunnelMode, qfi: number): Promise<Bearer> {
    const key = mode === 'stream' ? `${qfi} rule ${rule?.identifier ?? 0}` : `${qfi}`;
    const known = await this.#bearers.get(key)?.catch(() => undefined);
    // A proxy that drains takes no more flows: they go by another connection. RFC 9114 §5.2
    if (known !== undefined && !known.connection.http.masque.draining) return known;
    const opening = known === undefined ? this.#bearers.get(key) : undefined;
    return opening ?? this.#open({ key, rule, qfi });
  }

  #open(purpose: Purpose): Promise<Bearer> {
    const { key } = purpose;
    const opening = this.#openBearer(purpose);
    this.#bearers.set(key, opening);
    const forget = (): void => {
      if (this.#bearers.get(key) === opening) this.#bearers.delete(key);
    };
    opening.then(({ connection }) => connection.ended.then(forget), forget);
    return opening;
  }

  async #openBearer(purpose: Purpose): Promise<Bearer> {
    const { rule, qfi } = purpose;
    const { mpquic, sessions, access, bothAccesses, logger } = this.#options;
    const { session, psk } = await sessions.ready();
    const { mode: steering } = rule ?? NO_RULE;
    const options = { mpquic, session, psk, access, bothAccesses, steering, qfi };
    const connection = await UserConnection.open(options).catch((error: unknown) => {
      if (isRefusedPsk(error)) sessions.refused(session);
      throw error;
    });
    const bearer: Bearer = { purpose, connection, schedulers: new Map(), ip: new Map() };
    connection.useScheduler(this.#schedulerOf(bearer, rule));
    void connection.ended.then(() => {
      if (!this.#closed) logger.info('an MPQUIC connection ended: flows open a new one');
    });
    return bearer;
  }

  #schedulerOf({ schedulers, connection }: Bearer, rule: AtsssRule | undefined): PathScheduler {
    const known = schedulers.get(rule);
    if (known !== undefined) return known;
    const steering: Steering = rule?.mode ?? NO_RULE.mode;
    const made = steeringScheduler(steering, connection.accessOf, rule?.thresholds);
    schedulers.set(rule, made);
    return made;
  }
}

const RENEWAL_ATTEMPTS = 10;
const RENEWAL_PAUSE_MS = 200;
