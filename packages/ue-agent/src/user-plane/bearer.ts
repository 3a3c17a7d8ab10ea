import type { TransportMode as TunnelMode } from '@mpquic/http3';
import type { AtsssRule } from '@mpquic/nas';
import { type PathScheduler, steeringScheduler } from '@mpquic/quic';
import { treatmentBy } from './flow-treatment.ts';
import { IpFlows } from './ip-flows.ts';
import type { Selection } from './traffic-selection.ts';
import { openUdpTunnel } from './udp-tunnel.ts';
import type { UserConnection } from './user-connection.ts';
import type { FlowReceiver, FlowTarget, SteerableFlow } from './user-flow.ts';

/** A connection, and what goes over it. */
export class Bearer {
  /** What its connection was made for. */
  readonly purpose: Selection;
  readonly connection: UserConnection;
  readonly #schedulers = new Map<AtsssRule | undefined, PathScheduler>();
  /** By the mode of their tunnel. */
  readonly #ipFlows = new Map<TunnelMode, Promise<IpFlows>>();

  constructor(purpose: Selection, connection: UserConnection) {
    this.purpose = purpose;
    this.connection = connection;
    connection.useScheduler(this.schedulerOf(purpose.rule));
  }

  /** Whether further flows may be opened on it: a proxy that drains takes none. RFC 9114 §5.2 */
  get takesFlows(): boolean {
    return !this.connection.http.masque.draining;
  }

  /** How datagrams go that this rule matches. */
  schedulerOf(rule: AtsssRule | undefined): PathScheduler {
    const known = this.#schedulers.get(rule);
    if (known !== undefined) return known;
    const { steering, thresholds } = treatmentBy(rule);
    const made = steeringScheduler(steering, this.connection.accessOf, thresholds);
    this.#schedulers.set(rule, made);
    return made;
  }

  /** How datagrams of a flow go by this rule; undefined where they have no way of their own: in a stream. */
  routeOf(rule: AtsssRule | undefined): PathScheduler | undefined {
    return treatmentBy(rule).transport === 'stream' ? undefined : this.schedulerOf(rule);
  }

  /** @throws {UeFailure} `mpquic` where the UPF refuses the target */
  async openFlow(
    rule: AtsssRule | undefined,
    target: FlowTarget,
    receiver: FlowReceiver,
  ): Promise<SteerableFlow> {
    const { functionality, transport } = treatmentBy(rule);
    const route = this.routeOf(rule);
    if (functionality === 'CONNECT-IP') {
      return (await this.#ipFlowsBy(transport)).openFlow(target, receiver, route);
    }
    const { http } = this.connection;
    return openUdpTunnel({ http, target, mode: transport, route, receiver });
  }

  #ipFlowsBy(mode: TunnelMode): Promise<IpFlows> {
    const known = this.#ipFlows.get(mode);
    if (known !== undefined) return known;
    const forget = (): void => void this.#ipFlows.delete(mode);
    const opening = IpFlows.open({ http: this.connection.http, mode, ended: forget });
    this.#ipFlows.set(mode, opening);
    opening.catch(forget);
    return opening;
  }
}
