import type { Address } from '@mpquic/wire';
import type { PathNumbers } from './shim.ts';

/**
 * Numbers for the hosts that a connection meets, so that ngtcp2 can compare addresses that it cannot read. Whoever sends from
 * ever new hosts only pushes out what was not seen for long.
 */
export class HostNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #hosts = new Map<number, string>();
  #last = 0;
  #lastLocal: Address | undefined;
  #lastRemote: Address | undefined;

  get size(): number {
    return this.#numbers.size;
  }

  pathNumbers(local: Address, remote: Address): PathNumbers {
    return [this.#number(local.host), local.port, this.#number(remote.host), remote.port];
  }

  /** The address that these numbers stand for, the same object as long as it is the same; undefined where forgotten. */
  local(host: number, port: number): Address | undefined {
    this.#lastLocal = this.#address(host, port, this.#lastLocal);
    return this.#lastLocal;
  }

  remote(host: number, port: number): Address | undefined {
    this.#lastRemote = this.#address(host, port, this.#lastRemote);
    return this.#lastRemote;
  }

  #address(number: number, port: number, last: Address | undefined): Address | undefined {
    const host = this.#hosts.get(number);
    if (host === undefined) return undefined;
    return last?.host === host && last.port === port ? last : { host, port };
  }

  #number(host: string): number {
    const known = this.#numbers.get(host);
    if (known !== undefined) {
      // Seen last: it goes last.
      if (this.#numbers.size > HOST_LIMIT / 2) {
        this.#numbers.delete(host);
        this.#numbers.set(host, known);
      }
      return known;
    }
    this.#last += 1;
    this.#numbers.set(host, this.#last);
    this.#hosts.set(this.#last, host);
    if (this.#numbers.size > HOST_LIMIT) this.#forgetOldest();
    return this.#last;
  }

  #forgetOldest(): void {
    for (const [host, number] of this.#numbers) {
      this.#numbers.delete(host);
      this.#hosts.delete(number);
      return;
    }
  }
}

/** Hosts of one connection. */
export const HOST_LIMIT = 64;
