import type { Duration, Instant } from '@mpquic/wire';

const INTERVAL: Duration = 1_000_000;
const ATTEMPTS = 4;

/**
 * Whether the link proved that it carries 1280 octets, as IPv6 wants: a probe a second, until one is
 * answered or enough were lost. RFC 9484 §7.1
 */
export class MtuCheck {
  readonly #probe: () => void;
  #sent = 0;
  #due: Instant | undefined;
  #proven = false;

  /** @param probe sends one probe */
  constructor(probe: () => void) {
    this.#probe = probe;
  }

  nextTimeout(): Instant | undefined {
    return this.#due;
  }

  /** From now on the link is to be checked. Once is enough. */
  start(now: Instant): void {
    if (this.#proven || this.#due !== undefined) return;
    this.#sent = 0;
    this.#send(now);
  }

  answered(): void {
    this.#proven = true;
    this.#due = undefined;
  }

  /** False where the link failed. */
  handleTimeout(now: Instant): boolean {
    if (this.#due === undefined || this.#due > now) return true;
    if (this.#sent >= ATTEMPTS) return false;
    this.#send(now);
    return true;
  }

  #send(now: Instant): void {
    this.#sent += 1;
    this.#due = now + INTERVAL;
    this.#probe();
  }
}
