import type { AddressLeases } from '../../user-plane/user-plane.ts';

export interface AddressStockOptions {
  readonly spare: readonly string[];
  /** One was taken: another one may come by {@link AddressStock.add}. */
  readonly onTaken: () => void;
  readonly onReturned: (address: string) => void;
}

/** A worker's share of the addresses of the UPF, since a connection cannot wait until the main thread gives it one. */
export class AddressStock implements AddressLeases {
  readonly #options: AddressStockOptions;
  readonly #spare: string[];

  constructor(options: AddressStockOptions) {
    this.#options = options;
    this.#spare = [...options.spare];
  }

  add(address: string): void {
    this.#spare.push(address);
  }

  leaseAddress(): string | undefined {
    const address = this.#spare.shift();
    if (address !== undefined) this.#options.onTaken();
    return address;
  }

  returnAddress(address: string): void {
    this.#options.onReturned(address);
  }
}
