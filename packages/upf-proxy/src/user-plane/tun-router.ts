import { type IpHeader, type IpPrefix, readIpHeader } from '@mpquic/http3';
import { type ForwarderOptions, flowOf, type IpForwarder } from '@mpquic/masque';
import { TunDevice } from '@mpquic/native';
import { readUint32 } from '@mpquic/wire';

export interface TunRouterOptions {
  readonly name: string;
  /** 4 octets: this router, towards the UEs. */
  readonly gateway: Uint8Array;
  /** The addresses of UEs: the kernel sends them into the device. */
  readonly pool: IpPrefix;
}

export interface TunRouterCounters {
  readonly packetsRead: number;
  readonly packetsWritten: number;
  /** Packets of the data network for addresses that no UE has. */
  readonly strays: number;
}

/** Takes a packet, which is the taker's. */
export type PacketReceiver = (packet: Uint8Array<ArrayBuffer>) => void;

/** As far as IPv6 asks, and below what QUIC datagrams carry. */
const MTU = 1_280;

/**
 * The N6 interface as a TUN device: packets of UEs enter the kernel as they are, which routes or translates them as the
 * operator says, and all protocols pass. Packets for a UE go to its newest tunnel.
 */
export class TunRouter {
  readonly #device: TunDevice;
  readonly #receivers = new Map<number, readonly PacketReceiver[]>();
  #strays = 0;

  /** @throws the system's error, with its `code`, or one that says why there can be no device */
  constructor({ name, gateway, pool }: TunRouterOptions) {
    this.#device = TunDevice.open({ name, receive: (packet) => this.#fromKernel(packet) });
    this.#device.configure(gateway, pool.length, MTU);
  }

  /** Of the interface, as the system knows it. */
  get name(): string {
    return this.#device.name;
  }

  get counters(): TunRouterCounters {
    const { packetsRead, packetsWritten } = this.#device.counters;
    return { packetsRead, packetsWritten, strays: this.#strays };
  }

  /** Lets one client's packets through. */
  attach(options: ForwarderOptions): IpForwarder {
    const { addresses, policy, deliver, refuse } = options;
    const close = this.claim(addresses, (packet) => deliver(packet, flowOf(packet, 'source')));
    return {
      flows: 0,
      forward: (packet, header) => {
        const { address, port } = flowOf(packet);
        if (policy.allows(address, port)) this.write(packet);
        else refuse({ type: 'prohibited' }, packet, header);
      },
      returnError: (packet) => this.write(packet),
      close,
    };
  }

  /** From now on `receive` gets the packets for these addresses, where no later claim does. Returns what ends it. */
  claim(addresses: readonly Uint8Array[], receive: PacketReceiver): () => void {
    const keys = addresses.filter(({ length }) => length === 4).map(keyOf);
    for (const key of keys) {
      this.#receivers.set(key, [receive, ...(this.#receivers.get(key) ?? [])]);
    }
    return () => {
      for (const key of keys) this.#release(key, receive);
    };
  }

  /** Gives the kernel a packet, which the caller has checked. */
  write(packet: Uint8Array): void {
    this.#device.write(packet);
  }

  close(): void {
    this.#device.close();
  }

  #release(key: number, receive: PacketReceiver): void {
    const rest = (this.#receivers.get(key) ?? []).filter((other) => other !== receive);
    if (rest.length === 0) this.#receivers.delete(key);
    else this.#receivers.set(key, rest);
  }

  #fromKernel(packet: Uint8Array<ArrayBuffer>): void {
    const header: IpHeader | undefined = readIpHeader(packet);
    const receive = header?.version === 4 && this.#receivers.get(keyOf(header.destination))?.[0];
    if (receive) receive(packet);
    else this.#strays += 1;
  }
}

function keyOf(address: Uint8Array): number {
  return readUint32(address, 0);
}
