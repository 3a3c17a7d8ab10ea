/** Octets of every connection ID that is issued here. RFC 9000 §5.1 lets an endpoint choose. */
export const CONNECTION_ID_LENGTH = 8;

/**
 * A connection ID that was issued here: whom a packet with this destination belongs to, and on which
 * path. Compared as two 32-bit integers, so that finding one takes no string and no copy.
 */
export interface IssuedConnectionId<Owner> {
  readonly owner: Owner;
  readonly pathId: number;
  readonly sequence: number;
  /** The first four octets as a signed integer. */
  readonly high: number;
  /** The last four octets as a signed integer. */
  readonly low: number;
  /** The table's: the next entry of the same first octets. */
  next: IssuedConnectionId<Owner> | undefined;
}

/** Finds the owner of a connection ID, for all connections that share the table. */
export class ConnectionIdTable<Owner> {
  /** By the first four octets; the rare entries that share them are chained. */
  readonly #chains = new Map<number, IssuedConnectionId<Owner>>();

  /** The entry of the connection ID of 8 octets at `offset`, which lie inside `bytes`. */
  find(bytes: Uint8Array, offset: number): IssuedConnectionId<Owner> | undefined {
    let entry = this.#chains.get(readInt32(bytes, offset));
    if (entry === undefined) return undefined;
    const low = readInt32(bytes, offset + 4);
    while (entry !== undefined && entry.low !== low) entry = entry.next;
    return entry;
  }

  /** False where the connection ID is taken. */
  add(entry: IssuedConnectionId<Owner>): boolean {
    const first = this.#chains.get(entry.high);
    for (let other = first; other !== undefined; other = other.next) {
      if (other.low === entry.low) return false;
    }
    entry.next = first;
    this.#chains.set(entry.high, entry);
    return true;
  }

  delete(entry: IssuedConnectionId<Owner>): void {
    const first = this.#chains.get(entry.high);
    if (first === entry) {
      if (entry.next === undefined) this.#chains.delete(entry.high);
      else this.#chains.set(entry.high, entry.next);
      return;
    }
    for (let before = first; before !== undefined; before = before.next) {
      if (before.next === entry) before.next = entry.next;
    }
  }
}

/** Four octets as a signed integer, which engines keep unboxed. */
export function readInt32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)
  );
}
