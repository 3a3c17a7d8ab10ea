import { type Clock, monotonicClock, type OpenDatagramSocket } from '@mpquic/endpoint';
import { type ForwardingError, type IpHeader, IpProtocol } from '@mpquic/http3';
import type { ForwarderOptions, IpFlow, IpForwarder } from './ip-forwarder.ts';
import { TargetBatch } from './target-batch.ts';
import { TargetSocket } from './target-socket.ts';
import { buildUdp, readUdp, type UdpDatagram } from './udp-packet.ts';

export interface NatOptions extends ForwarderOptions {
  readonly openSocket?: OpenDatagramSocket | undefined;
  /** Flows at once; beyond it the one that was silent longest ends. Default 256. */
  readonly maximumFlows?: number;
  readonly clock?: Clock;
}

interface NatFlow {
  socket: TargetSocket | undefined;
  /** The client's end, and the target's. */
  readonly client: { readonly address: Uint8Array; readonly port: number };
  readonly target: IpFlow & { readonly port: number };
  /** The first packet, which ICMP quotes. */
  readonly packet: Uint8Array;
  readonly header: IpHeader;
  /** Waits for the socket. */
  waiting: Uint8Array[];
}

const WAITING_LIMIT = 16;
/** RFC 4787 §4.3 */
const IDLE_MICROSECONDS = 120_000_000;

/**
 * Carries the UDP flows of an IP tunnel to the data network through sockets of this process, so that no
 * privilege and no kernel route is needed: a NAPT of RFC 4787 with address- and port-dependent filtering.
 * TCP and whatever else is not UDP is not carried: ICMP says so.
 */
export class UserSpaceNat implements IpForwarder {
  readonly #options: NatOptions;
  readonly #clock: Clock;
  readonly #flows = new Map<string, NatFlow>();
  readonly #batch: TargetBatch;
  #dropped = 0;

  constructor(options: NatOptions) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#batch = new TargetBatch(this.#clock);
  }

  get flows(): number {
    return this.#flows.size;
  }

  /** Packets dropped without an answer. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A packet of the client, checked by the tunnel. */
  forward(packet: Uint8Array, header: IpHeader): void {
    const datagram = readUdp(packet, header);
    if (datagram === undefined) {
      this.#options.refuse({ type: 'prohibited' }, packet, header);
      return;
    }
    const { destinationPort } = datagram;
    if (
      destinationPort === 0 ||
      !this.#options.policy.allows(header.destination, destinationPort)
    ) {
      this.#options.refuse({ type: 'prohibited' }, packet, header);
      return;
    }
    const flow = this.#flowOf(packet, header, datagram);
    if (flow.socket === undefined) this.#wait(flow, datagram.payload);
    else if (!flow.socket.send(datagram.payload)) this.#dropped += 1;
  }

  close(): void {
    for (const { socket } of this.#flows.values()) socket?.close();
    this.#flows.clear();
  }

  #flowOf(packet: Uint8Array, header: IpHeader, datagram: UdpDatagram): NatFlow {
    const { source, destination } = header;
    const { sourcePort, destinationPort } = datagram;
    const key = `${source.join('.')}:${sourcePort}>${destination.join('.')}:${destinationPort}`;
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    this.#makeRoom();
    const flow: NatFlow = {
      socket: undefined,
      client: { address: source.slice(), port: sourcePort },
      target: { protocol: IpProtocol.udp, address: destination.slice(), port: destinationPort },
      packet,
      header,
      waiting: [],
    };
    this.#flows.set(key, flow);
    void this.#open(key, flow);
    return flow;
  }

  async #open(key: string, flow: NatFlow): Promise<void> {
    const end = (error: ForwardingError): void => {
      if (this.#flows.get(key) !== flow) return;
      this.#flows.delete(key);
      flow.socket?.close();
      this.#options.refuse(error, flow.packet, flow.header);
    };
    try {
      const socket = await TargetSocket.open({
        address: flow.target.address,
        port: flow.target.port,
        openSocket: this.#options.openSocket,
        clock: this.#clock,
        batch: this.#batch,
        receive: (payload) => {
          this.#options.deliver(buildUdp(flow.target, flow.client, payload), flow.target);
        },
        failed: (code) => end({ type: code === 'ECONNREFUSED' ? 'port_unreachable' : 'no_route' }),
      });
      if (this.#flows.get(key) !== flow) {
        socket.close();
        return;
      }
      flow.socket = socket;
      for (const payload of flow.waiting.splice(0)) socket.send(payload);
    } catch {
      end({ type: 'no_route' });
    }
  }

  #wait(flow: NatFlow, payload: Uint8Array): void {
    if (flow.waiting.length < WAITING_LIMIT) flow.waiting.push(payload.slice());
    else this.#dropped += 1;
  }

  /** Ends flows that are silent, and the most silent one where there are too many. */
  #makeRoom(): void {
    const limit = this.#options.maximumFlows ?? 256;
    const oldest = this.#clock.now() - IDLE_MICROSECONDS;
    let quietest: string | undefined;
    let quietestUse = Number.POSITIVE_INFINITY;
    for (const [key, { socket }] of [...this.#flows]) {
      const lastUsed = socket?.lastUsed ?? Number.POSITIVE_INFINITY;
      if (lastUsed < oldest) this.#end(key);
      else if (lastUsed < quietestUse || quietest === undefined) {
        quietest = key;
        quietestUse = lastUsed;
      }
    }
    if (this.#flows.size >= limit && quietest !== undefined) this.#end(quietest);
  }

  #end(key: string): void {
    this.#flows.get(key)?.socket?.close();
    this.#flows.delete(key);
  }
}
