import type { IpPrefix } from '@mpquic/http3';
import { TunDevice } from '@mpquic/native';
import type { Logger } from '@mpquic/service';
import { equalBytes, formatIp } from '@mpquic/wire';
import type { PacketLink } from './packet-link.ts';
import type { UserPlane } from './user-plane.ts';

export interface TunInterfaceSettings {
  readonly name: string;
  /** IPv4 prefixes that the kernel sends into the link. */
  readonly routes: readonly IpPrefix[];
}

export interface TunInterfaceOptions extends TunInterfaceSettings {
  readonly userPlane: Pick<UserPlane, 'openPacketLink'>;
  readonly logger: Logger;
}

/** Above it nothing is gained, and IPv6 wants no more. */
const LARGEST_MTU = 1_280;
const RETRY_MS = 500;

/**
 * A network interface of the UE's kernel, whose packets go through CONNECT-IP: applications of any protocol use it
 * unchanged. When the tunnel is lost it is opened again; packets meanwhile are dropped.
 */
export class TunInterface {
  readonly #options: TunInterfaceOptions;
  readonly #device: TunDevice;
  #link: PacketLink | undefined;
  #address: Uint8Array = new Uint8Array();
  #dropped = 0;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  private constructor(options: TunInterfaceOptions) {
    this.#options = options;
    this.#device = TunDevice.open({
      name: options.name,
      receive: (packet) => this.#fromKernel(packet),
    });
  }

  /** Settles when the interface is up. Rejects with the system's error, or where the UPF refuses. */
  static async open(options: TunInterfaceOptions): Promise<TunInterface> {
    const opened = new TunInterface(options);
    try {
      await opened.#connect();
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  /** Of the interface, as the system knows it. */
  get name(): string {
    return this.#device.name;
  }

  /** The UE's address in the data network. */
  get address(): string {
    return formatIp(this.#address);
  }

  get counters(): TunDevice['counters'] & { readonly dropped: number } {
    return { ...this.#device.counters, dropped: this.#dropped };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#link?.close();
    this.#device.close();
  }

  async #connect(): Promise<void> {
    const link = await this.#options.userPlane.openPacketLink({
      receive: (packet) => this.#device.write(packet),
      ended: (reason) => this.#lost(reason),
    });
    if (this.#closed) {
      link.close();
      return;
    }
    this.#link = link;
    if (equalBytes(link.address, this.#address)) return;
    this.#address = link.address;
    this.#device.configure(link.address, HOST_PREFIX, Math.min(link.mtu, LARGEST_MTU));
    for (const { address, length } of this.#options.routes) this.#device.addRoute(address, length);
  }

  #lost(reason: string): void {
    // One that never opened is not lost: whoever asked for it is told.
    if (this.#link === undefined || this.#closed) return;
    this.#link = undefined;
    this.#options.logger.info({ reason }, 'the IP tunnel ended');
    this.#reconnect(0);
  }

  #reconnect(delayMs: number): void {
    this.#retry = setTimeout(() => {
      this.#connect().catch((error: unknown) => {
        if (this.#closed) return;
        this.#options.logger.warn({ reason: String(error) }, 'no IP tunnel');
        this.#reconnect(RETRY_MS);
      });
    }, delayMs);
  }

  #fromKernel(packet: Uint8Array): void {
    if (this.#link === undefined) {
      this.#dropped += 1;
      return;
    }
    const error = this.#link.forward(packet);
    if (error !== undefined) this.#device.write(error);
  }
}

/** The link has one address at this end. */
const HOST_PREFIX = 32;
