import type { TransportMode as TunnelMode } from '@mpquic/http3';
import {
  type Access,
  type AtsssRule,
  type Flow,
  SteeringFunctionality,
  selectRule,
  TransportMode,
} from '@mpquic/nas';
import { type PathScheduler, type Steering, steeringScheduler } from '@mpquic/quic';
import type { Logger } from '@mpquic/service';
import { UeFailure } from '../failure.ts';
import type { MaPduSession, UePsk } from '../ma-pdu-session.ts';
import type { MpquicOptions } from '../mpquic-connection.ts';
import { IpFlows } from './ip-flows.ts';
import { openUdpTunnel } from './udp-tunnel.ts';
import { UserConnection } from './user-connection.ts';

export interface UserPlaneOptions {
  readonly mpquic: MpquicOptions;
  readonly session: MaPduSession;
  /** The PSK as it is when a connection is made: it may be renewed meanwhile. */
  readonly psk: () => UePsk | undefined;
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

export interface FlowReceiver {
  /** A payload, as a view that stays unchanged. */
  receive(payload: Uint8Array): void;
  /** The flow is over. */
  ended(reason: string): void;
}

const UDP = 17;

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

/** A connection, and what goes over it. */
interface Bearer {
  readonly connection: UserConnection;
  readonly schedulers: Map<AtsssRule | undefined, PathScheduler>;
  ip: IpFlows | undefined;
}

/**
 * The user plane of a UE: UDP flows of applications go by the ATSSS rule that matches them, through
 * CONNECT-UDP or CONNECT-IP, with the rule's transport and steering mode. TS 23.501 §5.32.8
 */
export class UserPlane {
  readonly #options: UserPlaneOptions;
  /** One connection for all flows in datagrams, and one for each rule in stream mode. */
  readonly #bearers = new Map<number, Promise<Bearer>>();
  #closed = false;

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
    const rule = this.#ruleFor(target);
    const { functionality } = rule ?? NO_RULE;
    const mode = tunnelMode(rule ?? NO_RULE);
    const bearer = await this.#bearerFor(rule, mode);
    const scheduler = this.#schedulerOf(bearer, rule);
    const { http } = bearer.connection;
    const route = mode === 'stream' ? undefined : scheduler;
    if (functionality !== SteeringFunctionality.mpquicIp) {
      return openUdpTunnel({ http, target, mode, route, receiver });
    }
    bearer.ip ??= await IpFlows.open({ http, mode, route });
    return bearer.ip.openFlow(target, receiver);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of await this.connections()) await connection.close();
  }

  /** A target by name has no address to match yet: rules for addresses do not apply to it. */
  #ruleFor({ host, port }: FlowTarget): AtsssRule | undefined {
    const isAddress = /^[0-9.]+$/.test(host) || host.includes(':');
    const flow: Flow = {
      remoteAddress: isAddress ? host : '0.0.0.0',
      protocol: UDP,
      remotePort: port,
      ...(isAddress ? {} : { fqdn: host }),
    };
    return selectRule(this.#options.session.rules, flow);
  }

  async #bearerFor(rule: AtsssRule | undefined, mode: TunnelMode): Promise<Bearer> {
    if (this.#closed) throw new UeFailure('mpquic', 'the user plane is closed');
    const key = mode === 'stream' ? (rule?.identifier ?? 0) + 1 : 0;
    const known = this.#bearers.get(key);
    if (known !== undefined) return known;
    const opening = this.#openBearer(rule, key);
    this.#bearers.set(key, opening);
    opening.catch(() => this.#bearers.delete(key));
    return opening;
  }

  async #openBearer(rule: AtsssRule | undefined, key: number): Promise<Bearer> {
    const { mpquic, session, access, bothAccesses, logger } = this.#options;
    const psk = this.#options.psk();
    if (psk === undefined) throw new UeFailure('no_psk', 'the session has no PSK');
    const { mode: steering } = rule ?? NO_RULE;
    const connection = await UserConnection.open({
      mpquic,
      session,
      psk,
      access,
      bothAccesses,
      steering,
    });
    const bearer: Bearer = { connection, schedulers: new Map(), ip: undefined };
    connection.useScheduler(this.#schedulerOf(bearer, rule));
    void connection.ended.then(() => {
      this.#bearers.delete(key);
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
