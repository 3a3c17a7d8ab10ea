import type { PathStatus } from '../snapshots.ts';

/**
 * How one side wants a path to be used, with the sequence number that orders PATH_STATUS_AVAILABLE
 * and PATH_STATUS_BACKUP frames. MP-21 §3.3, §4.3
 */
export class PathStatusRecord {
  #status: PathStatus | undefined;
  #sequence = -1;

  /** Undefined where nothing was said. */
  get status(): PathStatus | undefined {
    return this.#status;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** A status of our own; returns the sequence number to send with it. */
  set(status: PathStatus): number {
    this.#status = status;
    this.#sequence += 1;
    return this.#sequence;
  }

  /** A status of the peer; false where it is outdated and MUST be ignored. */
  receive(status: PathStatus, sequence: number): boolean {
    if (sequence <= this.#sequence) return false;
    this.#status = status;
    this.#sequence = sequence;
    return true;
  }
}
