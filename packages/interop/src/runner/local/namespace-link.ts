import { changeImpairment, DelayQueue, type Impairment, Link } from '@mpquic/access';
import { TunDevice } from '@mpquic/native';
import { type Instant, readUint32 } from '@mpquic/wire';
import { NetworkNamespace } from './network-namespace.ts';
import { Observations } from './observations.ts';
import { TcpProgress } from './tcp-progress.ts';

/** Of the two ends, in their namespaces. */
export const CLIENT_HOST = '10.86.0.1';
export const SERVER_HOST = '10.86.0.2';
const NETWORK = '10.86.0.0';
const PREFIX_LENGTH = 24;
const MTU = 1500;
const IP_HEADER = 20;
const UDP_HEADERS = IP_HEADER + 8;
const Protocol = { tcp: 6, udp: 17 } as const;
/** Octets from the start of a TCP header to its Acknowledgment Number. */
const TCP_ACKNOWLEDGMENT = 8;

/**
 * The link of the runner for everything that two network namespaces send to each other, TCP of the kernel included: each
 * has a TUN device whose other end is this process, and one queue each way is shared by all flows.
 */
export class NamespaceLink {
  readonly client: NetworkNamespace;
  readonly server: NetworkNamespace;
  readonly seen: Observations = new Observations();
  /** Octets that the client's TCP had acknowledged at the first UDP datagram, and at the last. */
  readonly tcpAcknowledged: { first: number | undefined; last: number } = {
    first: undefined,
    last: 0,
  };
  readonly #progress = new TcpProgress();
  readonly #uplink: Link;
  readonly #downlink: Link;
  readonly #waiting: DelayQueue<{ readonly device: TunDevice; readonly packet: Uint8Array }>;
  readonly #devices: readonly TunDevice[];

  private constructor(client: NetworkNamespace, server: NetworkNamespace, link: Impairment) {
    this.client = client;
    this.server = server;
    this.#uplink = new Link(link, Math.random);
    this.#downlink = new Link(link, Math.random);
    this.#waiting = new DelayQueue(({ device, packet }) => device.write(packet), clock);
    const atClient = TunDevice.open({
      name: 'mpqlink%d',
      receive: (packet) => this.#take('uplink', packet, atServer),
    });
    const atServer = TunDevice.open({
      name: 'mpqlink%d',
      receive: (packet) => this.#take('downlink', packet, atClient),
    });
    this.#devices = [atClient, atServer];
    client.take(atClient.name, `${CLIENT_HOST}/${PREFIX_LENGTH}`, MTU);
    server.take(atServer.name, `${SERVER_HOST}/${PREFIX_LENGTH}`, MTU);
    // The runner's iperf uses CUBIC, whatever this kernel prefers.
    const route = `route replace ${NETWORK}/${PREFIX_LENGTH} dev ${atServer.name} src ${SERVER_HOST} congctl cubic`;
    server.execute('ip', route.split(' '));
  }

  /** `seconds`: how long it lasts at most. */
  static async open(link: Partial<Impairment>, seconds: number): Promise<NamespaceLink> {
    const client = await NetworkNamespace.make(seconds);
    const server = await NetworkNamespace.make(seconds);
    return new NamespaceLink(client, server, changeImpairment({} as Impairment, link));
  }

  close(): void {
    this.#waiting.close();
    for (const device of this.#devices) device.close();
    this.client.end();
    this.server.end();
  }

  #take(direction: 'uplink' | 'downlink', packet: Uint8Array, device: TunDevice): void {
    if (packet.length < IP_HEADER || (packet[0] as number) !== 0x45) return;
    this.#observe(direction, packet);
    const link = direction === 'uplink' ? this.#uplink : this.#downlink;
    for (const at of link.offer(packet.length, clock())) this.#waiting.push({ device, packet }, at);
  }

  #observe(direction: 'uplink' | 'downlink', packet: Uint8Array): void {
    const { tcpAcknowledged } = this;
    if (packet[9] === Protocol.udp) {
      this.seen.take(direction, packet.subarray(UDP_HEADERS));
      tcpAcknowledged.first ??= this.#progress.octets;
      tcpAcknowledged.last = this.#progress.octets;
    } else if (packet[9] === Protocol.tcp && direction === 'uplink') {
      this.#progress.acknowledged(readUint32(packet, IP_HEADER + TCP_ACKNOWLEDGMENT));
    }
  }
}

/** Microseconds. */
const clock = (): Instant => performance.now() * 1000;
