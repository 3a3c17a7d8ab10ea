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
}

interface Row<Owner> {
  readonly entry: IssuedConnectionId<Owner>;
  readonly next: Row<Owner> | undefined;
}

/** Finds the owner of a connection ID, for all connections that share the table. */
export class ConnectionIdTable<Owner> {
  /** By the first four octets; the rare entries that share them are chained. */
  readonly #rows = new Map<number, Row<Owner>>();

  /** The entry of the connection ID of 8 octets at `offset`, which lie inside `bytes`. */
  find(bytes: Uint8Array, offset: number): IssuedConnectionId<Owner> | undefined {
    let row = this.#rows.get(readInt32(bytes, offset));
    if (row === undefined) return undefined;
    const low = readInt32(bytes, offset + 4);
    while (row !== undefined && row.entry.low !== low) row = row.next;
    return row?.entry;
  }

  /** False where the connection ID is taken. */
  add(entry: IssuedConnectionId<Owner>): boolean {
    const first = this.#rows.get(entry.high);
    for (let row = first; row !== undefined; row = row.next) {
      if (row.entry.low === entry.low) return false;
    }
    this.#rows.set(entry.high, { entry, next: first });
    return true;
  }

  delete(entry: IssuedConnectionId<Owner>): void {
    let kept: Row<Owner> | undefined;
    for (let row = this.#rows.get(entry.high); row !== undefined; row = row.next) {
      if (row.entry !== entry) kept = { entry: row.entry, next: kept };
    }
    if (kept === undefined) this.#rows.delete(entry.high);
    else this.#rows.set(entry.high, kept);
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
