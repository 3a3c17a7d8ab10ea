import type { Address } from '@mpquic/wire';
import { createAddressRow, readHost, SocketColumn } from './socket-row.ts';

/** Family, port, four words of address, scope. */
const KEY_LENGTH = 7;

interface KnownAddress {
  readonly key: Int32Array;
  readonly address: Address;
}

/**
 * Gives every address in the rows of a socket one object, so that machines compare addresses by identity.
 * Bounded: a flood of spoofed sources makes it start anew, which costs comparisons and nothing else.
 */
export class AddressTable {
  readonly #known = new Map<number, KnownAddress[]>();
  readonly #limit: number;
  readonly #key: Int32Array = new Int32Array(KEY_LENGTH);
  #last: KnownAddress = { key: new Int32Array(KEY_LENGTH), address: { host: '', port: -1 } };
  #size = 0;

  constructor(limit = 16_384) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** The object of the remote address in the row at `start`. */
  remote(table: Int32Array, start: number): Address {
    const key = this.#key;
    key[0] = table[start + SocketColumn.family] as number;
    key[1] = table[start + SocketColumn.port] as number;
    key[6] = table[start + SocketColumn.scope] as number;
    this.#takeHost(table, start + SocketColumn.remote);
    return this.#find(table, start, SocketColumn.remote);
  }

  /** The object of the local address in the row at `start`, of which the port is known. */
  local(table: Int32Array, start: number, port: number): Address {
    const key = this.#key;
    key[0] = table[start + SocketColumn.family] as number;
    key[1] = port;
    key[6] = 0;
    this.#takeHost(table, start + SocketColumn.local);
    return this.#find(table, start, SocketColumn.local);
  }

  /** The object for the value of `address`: itself, where there was none yet. */
  adopt(address: Address): Address {
    const last = this.#last.address;
    if (last.port === address.port && last.host === address.host) return last;
    const size = this.#size;
    const known = this.remote(createAddressRow(address), 0);
    return this.#size > size && known.host === address.host ? this.#replace(address) : known;
  }

  #takeHost(table: Int32Array, at: number): void {
    const key = this.#key;
    key[2] = table[at] as number;
    const isIpv6 = key[0] === 6;
    key[3] = isIpv6 ? (table[at + 1] as number) : 0;
    key[4] = isIpv6 ? (table[at + 2] as number) : 0;
    key[5] = isIpv6 ? (table[at + 3] as number) : 0;
  }

  #find(table: Int32Array, start: number, column: number): Address {
    if (sameKey(this.#last.key, this.#key)) return this.#last.address;
    const candidates = this.#known.get(hashOf(this.#key));
    for (let i = 0; candidates !== undefined && i < candidates.length; i++) {
      const candidate = candidates[i] as KnownAddress;
      if (!sameKey(candidate.key, this.#key)) continue;
      this.#last = candidate;
      return candidate.address;
    }
    const [family = 0, port = 0, , , , , scope = 0] = this.#key;
    const host = readHost(table, start, column, family, scope);
    return this.#add({ key: this.#key.slice(), address: { host, port } });
  }

  #replace(address: Address): Address {
    const { key } = this.#last;
    const candidates = this.#known.get(hashOf(key)) ?? [];
    const at = candidates.indexOf(this.#last);
    this.#last = { key, address };
    candidates[at] = this.#last;
    return address;
  }

  #add(known: KnownAddress): Address {
    if (this.#size >= this.#limit) {
      this.#known.clear();
      this.#size = 0;
    }
    const hash = hashOf(known.key);
    const candidates = this.#known.get(hash);
    if (candidates === undefined) this.#known.set(hash, [known]);
    else candidates.push(known);
    this.#size += 1;
    this.#last = known;
    return known.address;
  }
}

function sameKey(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < KEY_LENGTH; i++) if (a[i] !== b[i]) return false;
  return true;
}

function hashOf(key: Int32Array): number {
  let hash = 0;
  for (let i = 0; i < KEY_LENGTH; i++) hash = (Math.imul(hash, 31) + (key[i] as number)) | 0;
  return hash;
}
