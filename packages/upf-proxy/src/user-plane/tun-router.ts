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

/** As far as IPv6 asks, and below what QUIC datagrams carry. */
const MTU = 1_280;

/**
 * The N6 interface as a TUN device: packets of UEs enter the kernel as they are, which routes or translates them as the
 * operator says, and all protocols pass. Packets for a UE go to its newest tunnel.
 */
export class TunRouter {
  readonly #device: TunDevice;
  readonly #clients = new Map<number, readonly ForwarderOptions[]>();
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
    const keys = options.addresses.filter(({ length }) => length === 4).map(keyOf);
    for (const key of keys) {
      this.#clients.set(key, [options, ...(this.#clients.get(key) ?? [])]);
    }
    return {
      flows: 0,
      forward: (packet, header) => {
        const { address, port } = flowOf(packet);
        if (options.policy.allows(address, port)) this.#device.write(packet);
        else options.refuse({ type: 'prohibited' }, packet, header);
      },
      returnError: (packet) => this.#device.write(packet),
      close: () => {
        for (const key of keys) this.#detach(key, options);
      },
    };
  }

  close(): void {
    this.#device.close();
  }

  #detach(key: number, options: ForwarderOptions): void {
    const rest = (this.#clients.get(key) ?? []).filter((client) => client !== options);
    if (rest.length === 0) this.#clients.delete(key);
    else this.#clients.set(key, rest);
  }

  #fromKernel(packet: Uint8Array): void {
    const header: IpHeader | undefined = readIpHeader(packet);
    const client = header?.version === 4 && this.#clients.get(keyOf(header.destination))?.[0];
    if (client) client.deliver(packet, flowOf(packet, 'source'));
    else this.#strays += 1;
  }
}

function keyOf(address: Uint8Array): number {
  return readUint32(address, 0);
}
