import type { DatagramRoute, IpHeader, IpTunnel, TransportMode } from '@mpquic/http3';
import { buildUdp, type Http3Session, readUdp } from '@mpquic/masque';
import { equalBytes, formatIp, parseIp, UsageError } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';
import { openIpLink } from './ip-link.ts';
import type { FlowReceiver, FlowTarget, SteerableFlow } from './user-flow.ts';

export interface IpFlowsOptions {
  readonly http: Http3Session;
  readonly mode: TransportMode;
  /** The tunnel is over, and with it all flows. */
  readonly ended: () => void;
}

interface IpFlow {
  readonly target: { readonly address: Uint8Array; readonly port: number };
  readonly receiver: FlowReceiver;
}

/** Local ports of flows inside the tunnel. RFC 6335 §6 */
const FIRST_PORT = 49_152;
const LAST_PORT = 65_535;

/**
 * UDP flows inside one CONNECT-IP tunnel: the UE's end of an IP link, with UDP in user space as no kernel
 * interface is needed for it. RFC 9484
 */
export class IpFlows {
  readonly #tunnel: IpTunnel;
  readonly #flows: Map<number, IpFlow>;
  #nextPort = FIRST_PORT;

  private constructor(tunnel: IpTunnel, flows: Map<number, IpFlow>) {
    this.#tunnel = tunnel;
    this.#flows = flows;
  }

  /** Settles when the UPF has given an address. @throws {UeFailure} `mpquic` where it refuses */
  static async open({ http, mode, ended }: IpFlowsOptions): Promise<IpFlows> {
    const flows = new Map<number, IpFlow>();
    const tunnel = await openIpLink({
      http,
      mode,
      receive: (packet, header) => deliver(flows, packet, header),
      ended: (reason) => {
        ended();
        const open = [...flows.values()];
        flows.clear();
        for (const { receiver } of open) receiver.ended(reason);
      },
    });
    return new IpFlows(tunnel, flows);
  }

  /** The UE's address in the data network. */
  get address(): string | undefined {
    const own = this.#tunnel.addresses[0]?.address;
    return own && formatIp(own);
  }

  /** @throws {UeFailure} where the target is a name: an IP link has no resolver */
  openFlow(
    { host, port }: FlowTarget,
    receiver: FlowReceiver,
    route: DatagramRoute | undefined,
  ): SteerableFlow {
    const target = { address: addressOf(host), port };
    const localPort = this.#freePort();
    this.#flows.set(localPort, { target, receiver });
    let current = route;
    return {
      send: (payload) => {
        const own = this.#tunnel.addresses.find(
          ({ address }) => address.length === target.address.length,
        );
        if (own === undefined || !this.#flows.has(localPort)) return false;
        const source = { address: own.address, port: localPort };
        return this.#tunnel.send(buildUdp(source, target, payload), current);
      },
      close: () => {
        if (this.#flows.delete(localPort)) receiver.ended('closed');
      },
      setRoute: (changed) => {
        current = changed;
      },
    };
  }

  #freePort(): number {
    for (let tries = FIRST_PORT; tries <= LAST_PORT; tries++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
      if (!this.#flows.has(port)) return port;
    }
    throw new UeFailure('mpquic', 'no port is left in the IP tunnel');
  }
}

function deliver(flows: ReadonlyMap<number, IpFlow>, packet: Uint8Array, header: IpHeader): void {
  const datagram = readUdp(packet, header);
  const flow = datagram && flows.get(datagram.destinationPort);
  if (datagram === undefined || flow === undefined) return;
  const { address, port } = flow.target;
  if (port !== datagram.sourcePort || !equalBytes(address, header.source)) return;
  flow.receiver.receive(datagram.payload);
}

function addressOf(host: string): Uint8Array {
  try {
    return parseIp(host);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UeFailure('mpquic', `${host} is a name: a flow over CONNECT-IP needs an address`);
  }
}
