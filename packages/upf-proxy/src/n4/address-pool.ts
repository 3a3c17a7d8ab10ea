import { formatIp, parseIp, readUint32, writeUint32 } from '@mpquic/wire';

/**
 * Addresses of one family handed out in turn. A released one comes back last, so that it is not given to
 * another UE for a while. TS 23.501 §5.32.6.2.2
 */
export class AddressPool {
  readonly #first: Uint8Array;
  /** The last 32 bits of the first address. */
  readonly #start: number;
  readonly #size: number;
  readonly #released: string[] = [];
  readonly #used = new Set<string>();
  #next = 0;

  constructor(first: string, size: number) {
    this.#first = parseIp(first);
    this.#start = readUint32(this.#first, this.#first.length - 4);
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
    const octets = this.#first.slice();
    writeUint32(octets, octets.length - 4, this.#start + this.#next++);
    return formatIp(octets);
  }
}
