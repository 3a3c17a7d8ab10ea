import {
  type DatagramRoute,
  type IpHeader,
  IpTunnel,
  ipPath,
  parsePrefix,
  type TransportMode,
} from '@mpquic/http3';
import { buildUdp, type Http3Session, readUdp } from '@mpquic/masque';
import { formatIp, parseIp, UsageError } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';
import type { FlowReceiver, FlowTarget, SteerableFlow } from './user-plane.ts';

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
  readonly #flows = new Map<number, IpFlow>();
  #nextPort = FIRST_PORT;
  #over: string | undefined;

  private constructor(make: (flows: IpFlows) => IpTunnel) {
    this.#tunnel = make(this);
  }

  /** Settles when the UPF has given an address and routes. @throws {UeFailure} `mpquic` where it refuses */
  static async open({ http, mode, ended }: IpFlowsOptions): Promise<IpFlows> {
    return new Promise<IpFlows>((resolve, reject) => {
      const flows = new IpFlows(
        (self) =>
          new IpTunnel({
            receive: (packet, header) => self.#receive(packet, header),
            opened: (tunnel) => tunnel.requestAddresses([parsePrefix('0.0.0.0')]),
            addressesChanged: (addresses) => {
              if (addresses.length > 0) resolve(self);
              else reject(new UeFailure('mpquic', 'the UPF gives no address'));
            },
            ended: ({ reason }) => {
              ended();
              self.#end(reason);
              reject(new UeFailure('mpquic', `UPF: ${reason}`));
            },
          }),
      );
      http
        .openTunnel({
          protocol: 'connect-ip',
          authority: http.quic.servername ?? 'upf',
          path: ipPath({ target: '*', protocol: '*' }),
          mode,
          handler: flows.#tunnel,
        })
        .catch(reject);
    });
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
        if (own === undefined || this.#over !== undefined) return false;
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

  #receive(packet: Uint8Array, header: IpHeader): void {
    const datagram = readUdp(packet, header);
    const flow = datagram && this.#flows.get(datagram.destinationPort);
    if (datagram === undefined || flow === undefined) return;
    const { address, port } = flow.target;
    if (port !== datagram.sourcePort || formatIp(address) !== formatIp(header.source)) return;
    flow.receiver.receive(datagram.payload);
  }

  #end(reason: string): void {
    this.#over = reason;
    const flows = [...this.#flows.values()];
    this.#flows.clear();
    for (const { receiver } of flows) receiver.ended(reason);
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

function addressOf(host: string): Uint8Array {
  try {
    return parseIp(host);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UeFailure('mpquic', `${host} is a name: a flow over CONNECT-IP needs an address`);
  }
}
