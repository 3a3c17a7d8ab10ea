import { type Address, createTransmit, type Datagram, Ecn } from '@mpquic/wire';
import { addon } from './addon.ts';
import { NativeDatagramSocket } from './datagram-socket.ts';
import type { DatagramSocketHandler } from './datagram-socket-types.ts';

/** What the kernel does for a native socket. */
export interface SocketProbe {
  /** A run of datagrams left by one system call. */
  readonly segmentation: boolean;
  /** The kernel may deliver a run as one message. */
  readonly coalescing: boolean;
  /** The ECN field that was set is the one that was read. */
  readonly ecn: boolean;
  /** A socket on a wildcard was told the address that a datagram came to. */
  readonly localAddress: boolean;
}

/**
 * Sends a run of datagrams from `host` to itself and looks at how it left and arrived. undefined where there is
 * no addon. Rejects with the system's error where `host` cannot be bound.
 */
export async function probeNativeSockets(host: string): Promise<SocketProbe | undefined> {
  if (addon === undefined) return undefined;
  const arrivals = new Arrivals();
  const wildcard = host.includes(':') ? '::' : '0.0.0.0';
  const receiver = new NativeDatagramSocket(
    addon,
    { local: { host: wildcard, port: 0 } },
    arrivals,
  );
  try {
    const sender = new NativeDatagramSocket(addon, { local: { host, port: 0 } }, new Arrivals());
    sender.send(probeRun({ host, port: receiver.local.port }));
    await arrivals.complete();
    await sender.close();
    return {
      segmentation: sender.offload.segmentation && sender.calls.send === 1,
      coalescing: receiver.offload.coalescing,
      ecn: arrivals.every(({ ecn }) => ecn === Ecn.ect0),
      localAddress: arrivals.every(({ local }) => local.host === host),
    };
  } finally {
    await receiver.close();
  }
}

function probeRun(remote: Address): ReturnType<typeof createTransmit> {
  const transmit = createTransmit(DATAGRAMS * SIZE);
  transmit.length = DATAGRAMS * SIZE;
  transmit.segmentSize = SIZE;
  transmit.datagrams = DATAGRAMS;
  transmit.remote = remote;
  transmit.ecn = Ecn.ect0;
  return transmit;
}

interface Arrival {
  readonly local: Address;
  readonly ecn: Ecn | undefined;
}

class Arrivals implements DatagramSocketHandler {
  readonly #seen: Arrival[] = [];
  #settle: () => void = () => undefined;

  datagramReceived({ local, ecn }: Datagram): void {
    this.#seen.push({ local, ecn });
    if (this.#seen.length === DATAGRAMS) this.#settle();
  }

  batchReceived(): void {}
  socketWritable(): void {}
  sendFailed(): void {}

  /** Settles when all have come, or after a while. */
  complete(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, TIMEOUT);
      this.#settle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  every(holds: (arrival: Arrival) => boolean): boolean {
    return this.#seen.length === DATAGRAMS && this.#seen.every(holds);
  }
}

const DATAGRAMS = 4;
const SIZE = 1200;
/** Milliseconds. */
const TIMEOUT = 500;
