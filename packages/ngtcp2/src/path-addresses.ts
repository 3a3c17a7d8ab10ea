import type { ConnectionEvent } from '@mpquic/quic';
import { type Address, sameAddress } from '@mpquic/wire';

/** Where the one path leads, and where its client wants it to lead. */
export class PathAddresses {
  #local: Address;
  #remote: Address;
  #moving: { readonly local: Address; readonly remote: Address } | undefined;
  readonly #event: (event: ConnectionEvent) => void;

  constructor(local: Address, remote: Address, event: (event: ConnectionEvent) => void) {
    this.#local = local;
    this.#remote = remote;
    this.#event = event;
  }

  get local(): Address {
    return this.#local;
  }

  get remote(): Address {
    return this.#remote;
  }

  /** A client begins to move. */
  move(local: Address, remote: Address): void {
    this.#moving = { local, remote };
  }

  /** What the validation of a network path came to; the peer's moves show here too. RFC 9000 §8.2 */
  validated(works: boolean, local: Address, remote: Address): void {
    const moving = this.#moving;
    const isMove =
      moving !== undefined &&
      sameAddress(moving.local, local) &&
      sameAddress(moving.remote, remote);
    if (isMove) this.#moving = undefined;
    if (!works) {
      if (isMove) this.#event({ type: 'path_migration_failed', pathId: 0 });
      return;
    }
    if (!sameAddress(local, this.#local) || !sameAddress(remote, this.#remote)) {
      this.#local = local;
      this.#remote = remote;
      this.#event({ type: 'path_migrated', pathId: 0 });
    }
    this.#event({ type: 'path_validated', pathId: 0 });
  }
}
