import { formatIp, parseIp, readUint32, writeUint32 } from '@mpquic/wire';

/**
 * IPv4 addresses handed out in turn. A released one comes back last, so that it is not given to
 * another UE for a while. TS 23.501 §5.32.6.2.2
 */
export class AddressPool {
  readonly #first: number;
  readonly #size: number;
  readonly #released: string[] = [];
  readonly #used = new Set<string>();
  #next = 0;

  constructor(first: string, size: number) {
    this.#first = readUint32(parseIp(first), 0);
    this.#size = size;
  }

  get used(): number {
    return this.#used.size;
  }

  /** Undefined where all are in use. */
  allocate(): string | undefined {
    const address = this.#next < this.#size ? this.#fresh() : this.#released.shift();
    if (address !== undefined) this.#used.add(address);
    return address;
  }

  release(address: string): void {
    if (this.#used.delete(address)) this.#released.push(address);
  }

  #fresh(): string {
    const octets = new Uint8Array(4);
    writeUint32(octets, 0, this.#first + this.#next++);
    return formatIp(octets);
  }
}
