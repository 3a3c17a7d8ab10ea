import { LARGE_COUNT_START } from '@mpquic/wire';

/** Octets sent may be this many times those received. RFC 9000 §8.1 */
const FACTOR = 3;

/** What may be sent to an address that is not validated yet. RFC 9000 §8.1 */
export class AmplificationLimit {
  #received = LARGE_COUNT_START;
  #sent = LARGE_COUNT_START;
  #lifted: boolean;

  constructor(lifted: boolean) {
    this.#lifted = lifted;
  }

  /** Whether the address is validated, so that nothing limits. */
  get lifted(): boolean {
    return this.#lifted;
  }

  lift(): void {
    this.#lifted = true;
  }

  /** UDP payload octets of a datagram, before anything is known of its content. */
  datagramReceived(length: number): void {
    this.#received += length;
  }

  datagramSent(length: number): void {
    this.#sent += length;
  }

  /** Octets that may be sent now. */
  get allowance(): number {
    if (this.#lifted) return Number.POSITIVE_INFINITY;
    return Math.max(0, FACTOR * this.#received - this.#sent);
  }
}
