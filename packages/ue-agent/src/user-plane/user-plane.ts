import { FlowRoutes } from '@mpquic/masque';
import { formatIp } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';
import type { Bearer } from './bearer.ts';
import { Bearers, type BearersOptions } from './bearers.ts';
import { carriesAlike, type FlowTreatment, treatmentBy } from './flow-treatment.ts';
import { openPacketLink, type PacketLink, type PacketReceiver } from './packet-link.ts';
import type { SessionSource } from './session-keeper.ts';
import { type Selection, selectFor } from './traffic-selection.ts';
import type { ConnectionReport, UserConnection } from './user-connection.ts';
import type { FlowReceiver, FlowTarget, SteerableFlow, UserFlow } from './user-flow.ts';

export type UserPlaneOptions = BearersOptions;

const UDP = 17;

/** What only a rule for all traffic matches. */
const ANYTHING = { host: '0.0.0.0', port: undefined, protocol: 255 };

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
  readonly #sessions: SessionSource;
  readonly #bearers: Bearers;
  readonly #flows = new Set<OpenFlow>();
  readonly #packetRoutes = new Set<FlowRoutes>();
  #closed = false;

  constructor(options: UserPlaneOptions) {
    this.#sessions = options.sessions;
    this.#bearers = new Bearers(options);
  }

  /** The connections that are there now. */
  connections(): Promise<readonly UserConnection[]> {
    return this.#bearers.connections();
  }

  /**
   * Opens a flow. A connection that was lost is made anew, with a handshake of its own.
   * @throws {UeFailure} where the UPF does not answer or refuses the target
   */
  async openFlow(target: FlowTarget, receiver: FlowReceiver): Promise<UserFlow> {
    if (this.#closed) throw new UeFailure('mpquic', 'the user plane is closed');
    const { session } = await this.#sessions.ready();
    const selection = selectFor(session, { ...target, protocol: UDP });
    const bearer = await this.#bearers.bearerFor(selection);
    let open: OpenFlow | undefined;
    const flow = await bearer.openFlow(selection.rule, target, {
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
    const { session } = await this.#sessions.ready();
    const selection = selectFor(session, ANYTHING);
    const bearer = await this.#bearers.bearerFor(selection);
    const routes = new FlowRoutes(({ protocol, address, port }) => {
      const destination = { host: formatIp(address), port, protocol };
      return bearer.schedulerOf(selectFor(this.#sessions.current ?? session, destination).rule);
    });
    this.#packetRoutes.add(routes);
    return openPacketLink({
      http: bearer.connection.http,
      mode: treatmentBy(selection.rule).transport,
      routes,
      receiver: {
        receive: (packet) => receiver.receive(packet),
        ended: (reason) => {
          this.#packetRoutes.delete(routes);
          receiver.ended(reason);
        },
      },
    });
  }

  /**
   * The rules of the session changed: open flows are steered anew. A flow that is to be carried in another way ends;
   * whoever uses it opens it again.
   */
  rulesChanged(): void {
    const session = this.#sessions.current;
    if (session === undefined) return;
    for (const routes of this.#packetRoutes) routes.clear();
    for (const { target, flow, bearer, selection } of [...this.#flows]) {
      const { rule, qfi } = selectFor(session, { ...target, protocol: UDP });
      if (qfi === selection.qfi && carriesAlike(rule, selection.rule)) {
        flow.setRoute(bearer.routeOf(rule));
      } else {
        flow.close();
      }
    }
  }

  /** The session has another PSK or another UPF: all connections are made anew, and flows move as theirs ends. */
  renewConnections(): void {
    this.#bearers.renew();
  }

  /** What the paths of all connections carried and measured. */
  async reports(): Promise<readonly ConnectionReport[]> {
    return (await this.connections()).map((connection) => connection.report());
  }

  /** How a flow to this target goes. */
  treatmentOf(target: FlowTarget): FlowTreatment {
    const session = this.#sessions.current;
    return treatmentBy(session && selectFor(session, { ...target, protocol: UDP }).rule);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#bearers.close();
  }
}
