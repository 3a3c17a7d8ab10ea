import { type Address, sameAddress } from '@mpquic/wire';

/**
 * Gives every remote address one object, so that machines compare addresses by identity. Bounded: a
 * flood of spoofed sources makes it start anew, which costs comparisons and nothing else.
 */
export class AddressBook {
  readonly #byPort = new Map<number, Address[]>();
  readonly #limit: number;
  #size = 0;
  #last: Address = { host: '', port: 0 };

  constructor(limit = 16_384) {
    this.#limit = limit;
  }

  /** The one object for this address. */
  intern(host: string, port: number): Address {
    const last = this.#last;
    if (last.port === port && last.host === host) return last;
    this.#last = this.#find(host, port);
    return this.#last;
  }

  /** Makes `address` the object for its value, where it has none yet. */
  adopt(address: Address): Address {
    const known = this.#byPort.get(address.port)?.find((other) => sameAddress(other, address));
    return known ?? this.#add(address);
  }

  #find(host: string, port: number): Address {
    const candidates = this.#byPort.get(port);
    if (candidates !== undefined) {
      for (const candidate of candidates) if (candidate.host === host) return candidate;
    }
    return this.#add({ host, port });
  }

  #add(address: Address): Address {
    if (this.#size >= this.#limit) {
      this.#byPort.clear();
      this.#size = 0;
    }
    const candidates = this.#byPort.get(address.port);
    if (candidates === undefined) this.#byPort.set(address.port, [address]);
    else candidates.push(address);
    this.#size += 1;
    return address;
  }
}
