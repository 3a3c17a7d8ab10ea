import { type ForwarderOptions, flowOf, type IpForwarder } from '@mpquic/masque';

/** How a worker reaches the TUN device of the main thread. */
export interface RemoteRouterOptions {
  /** From now on, packets for these addresses come by {@link RemoteRouter.deliver} with this number. */
  readonly attach: (id: number, addresses: readonly Uint8Array[]) => void;
  readonly detach: (id: number) => void;
  /** A packet for the kernel, in memory of its own. */
  readonly write: (packet: Uint8Array<ArrayBuffer>) => void;
}

/** A worker's side of the N6 interface: what the policy lets through crosses to the main thread, which has the device. */
export class RemoteRouter {
  readonly #options: RemoteRouterOptions;
  readonly #clients = new Map<number, ForwarderOptions>();
  #nextId = 0;

  constructor(options: RemoteRouterOptions) {
    this.#options = options;
  }

  /** Lets one client's packets through. */
  readonly open = (client: ForwarderOptions): IpForwarder => {
    const { attach, detach, write } = this.#options;
    const id = this.#nextId++;
    this.#clients.set(id, client);
    // A message takes the whole memory behind a view along: these are copies of their own.
    attach(
      id,
      client.addresses.map((address) => address.slice()),
    );
    return {
      flows: 0,
      forward: (packet, header) => {
        const { address, port } = flowOf(packet);
        if (client.policy.allows(address, port)) write(Uint8Array.from(packet));
        else client.refuse({ type: 'prohibited' }, packet, header);
      },
      returnError: (packet) => write(Uint8Array.from(packet)),
      close: () => {
        this.#clients.delete(id);
        detach(id);
      },
    };
  };

  /** A packet of the kernel for a client, which may be gone. */
  deliver(id: number, packet: Uint8Array): void {
    this.#clients.get(id)?.deliver(packet, flowOf(packet, 'source'));
  }
}
