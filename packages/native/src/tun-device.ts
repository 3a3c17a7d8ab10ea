import { accessSync, constants } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { addon, type Handle, type NativeAddon, nativeStatus } from './addon.ts';

export interface TunOptions {
  /** 1 to 15 characters; `%d` stands for a free number. A persistent interface of that name is taken over. */
  readonly name: string;
  /** A packet that the kernel sends into the link, which is the receiver's. */
  readonly receive: (packet: Uint8Array<ArrayBuffer>) => void;
}

export interface TunCounters {
  readonly packetsRead: number;
  readonly packetsWritten: number;
  /** Packets that the kernel did not take. */
  readonly writeDrops: number;
}

/** Packets of one turn of the event loop at most. */
const PACKETS_PER_TURN = 64;
const LONGEST_PACKET = 65_535;

/** The kernel's end of an IP link whose other end is this process. Linux, with CAP_NET_ADMIN. */
export class TunDevice {
  readonly name: string;
  readonly #addon: NativeAddon;
  readonly #handle: Handle;
  readonly #receive: (packet: Uint8Array<ArrayBuffer>) => void;
  readonly #buffer = new Uint8Array(LONGEST_PACKET);
  #closed = false;
  #packetsRead = 0;
  #packetsWritten = 0;
  #writeDrops = 0;

  private constructor(native: NativeAddon, { name, receive }: TunOptions) {
    this.#addon = native;
    this.#receive = receive;
    this.#handle = native.openTun(name, () => this.#read());
    this.name = native.tunName(this.#handle);
  }

  /** @throws an error that says why there is none here, or the system's with its `code` */
  static open(options: TunOptions): TunDevice {
    const reason = tunUnavailable();
    if (addon === undefined || reason !== undefined) throw new Error(reason);
    return new TunDevice(addon, options);
  }

  get counters(): TunCounters {
    return {
      packetsRead: this.#packetsRead,
      packetsWritten: this.#packetsWritten,
      writeDrops: this.#writeDrops,
    };
  }

  /**
   * Sets address and MTU and brings the interface up.
   * @param address 4 octets
   * @throws the system's error, with its `code`
   */
  configure(address: Uint8Array, prefixLength: number, mtu: number): void {
    this.#addon.configureTun(this.#handle, address, prefixLength, mtu);
  }

  /** Lets the kernel send a prefix into the link. @param network 4 octets @throws the system's error */
  addRoute(network: Uint8Array, prefixLength: number): void {
    this.#addon.addTunRoute(this.#handle, network, prefixLength);
  }

  /** Hands a packet to the kernel. False where it did not take it. */
  write(packet: Uint8Array): boolean {
    if (this.#closed || packet.length === 0 || packet.length > LONGEST_PACKET) return false;
    const taken = this.#addon.writeTun(this.#handle, packet) > 0;
    if (taken) this.#packetsWritten += 1;
    else this.#writeDrops += 1;
    return taken;
  }

  /** Gives the interface up; one that is not persistent goes with it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#addon.closeTun(this.#handle);
  }

  #read(): void {
    for (let count = 0; count < PACKETS_PER_TURN && !this.#closed; count++) {
      const length = this.#addon.readTun(this.#handle, this.#buffer);
      if (length === 0 || READ_LATER.has(length)) return;
      if (length < 0) throw new Error(`${this.name}: ${getSystemErrorName(length)}`);
      this.#packetsRead += 1;
      this.#receive(this.#buffer.slice(0, length));
    }
  }
}

/** EIO while the interface is down, EBADFD once it was deleted. */
const READ_LATER: ReadonlySet<number> = new Set([-5, -77]);

/** Why this process can make no TUN device; undefined where it may be able to. */
export function tunUnavailable(platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform !== 'linux') return `TUN devices need Linux; this is ${platform}`;
  if (addon === undefined) return `TUN devices need the addon: ${nativeStatus.reason}`;
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    return '/dev/net/tun is not there, or this process may not use it (CAP_NET_ADMIN)';
  }
  return undefined;
}
