import type { Instant, Random } from '@mpquic/wire';
import { writeUint32 } from '@mpquic/wire';
import {
  CONNECTION_ID_LENGTH,
  type ConnectionIdTable,
  type IssuedConnectionId,
  readInt32,
} from './connection-id-table.ts';

/** How many connection IDs the peer holds of a path in use: with a spare. MP-21 §3.2.1 */
const ISSUED_IN_USE = 2;

/** How many it holds of a path ID that no path uses yet. */
const ISSUED_UNUSED = 1;

/** Retired connection IDs that still route late packets, at most. */
const LINGERING_LIMIT = 32;

interface LocalConnectionId<Owner> extends IssuedConnectionId<Owner> {
  /** Whether the peer acknowledged the frame that carried it. */
  acknowledged: boolean;
}

interface PathIds<Owner> {
  nextSequence: number;
  /** Lower sequence numbers went out to the peer. */
  sentBelow: number;
  active: LocalConnectionId<Owner>[];
}

interface Lingering<Owner> {
  readonly entry: IssuedConnectionId<Owner>;
  readonly until: Instant;
}

/** The connection IDs that one connection issued, each path with its own sequence numbers. RFC 9000 §5.1, MP-21 §3.2 */
export class LocalConnectionIds<Owner> {
  readonly #table: ConnectionIdTable<Owner>;
  readonly #owner: Owner;
  readonly #source: Random;
  readonly #paths = new Map<number, PathIds<Owner>>();
  #lingering: Lingering<Owner>[] = [];

  /** @param source makes connection IDs */
  constructor(table: ConnectionIdTable<Owner>, owner: Owner, source: Random) {
    this.#table = table;
    this.#owner = owner;
    this.#source = source;
  }

  /** The connection ID of the handshake: path 0, sequence number 0, announced by no frame. */
  issueInitial(): Uint8Array {
    const entry = this.#create(0, 0);
    entry.acknowledged = true;
    this.#paths.set(0, { nextSequence: 1, sentBelow: 1, active: [entry] });
    return connectionIdBytes(entry);
  }

  /** The connection ID of a preferred address: path 0, sequence number 1. RFC 9000 §5.1.1 */
  issuePreferred(): Uint8Array {
    const entry = this.#create(0, 1);
    entry.acknowledged = true;
    const active = this.#paths.get(0)?.active ?? [];
    this.#paths.set(0, { nextSequence: 2, sentBelow: 2, active: active.concat(entry) });
    return connectionIdBytes(entry);
  }

  /**
   * Issues what a path lacks and returns it, to be announced; `limit` is the peer's
   * active_connection_id_limit.
   */
  replenish(pathId: number, limit: number, inUse: boolean): readonly IssuedConnectionId<Owner>[] {
    let path = this.#paths.get(pathId);
    if (path === undefined) {
      path = { nextSequence: 0, sentBelow: 0, active: [] };
      this.#paths.set(pathId, path);
    }
    const wanted = Math.min(limit, inUse ? ISSUED_IN_USE : ISSUED_UNUSED);
    let issued: readonly IssuedConnectionId<Owner>[] = [];
    while (path.active.length < wanted) {
      const entry = this.#create(pathId, path.nextSequence);
      path.nextSequence += 1;
      // What `concat` makes has no room to spare, unlike what grows by `push`.
      path.active = path.active.concat(entry);
      issued = issued.concat(entry);
    }
    return issued;
  }

  acknowledged(pathId: number, sequence: number): void {
    const entry = this.#find(pathId, sequence);
    if (entry !== undefined) entry.acknowledged = true;
  }

  /** Whether the peer may still lack it, so that a lost announcement is repeated. */
  unacknowledged(pathId: number, sequence: number): boolean {
    return this.#find(pathId, sequence)?.acknowledged === false;
  }

  /** Whether the peer is known to hold a connection ID of this path. */
  peerHolds(pathId: number): boolean {
    return this.#paths.get(pathId)?.active.some((entry) => entry.acknowledged) === true;
  }

  /** The frame that announces it leaves. */
  announced(pathId: number, sequence: number): void {
    const path = this.#paths.get(pathId);
    if (path !== undefined) path.sentBelow = Math.max(path.sentBelow, sequence + 1);
  }

  /** Whether the peer can know of it. */
  wasAnnounced(pathId: number, sequence: number): boolean {
    return sequence < (this.#paths.get(pathId)?.sentBelow ?? 0);
  }

  /** The sequence number of the next connection ID to be issued. */
  nextSequence(pathId: number): number {
    return this.#paths.get(pathId)?.nextSequence ?? 0;
  }

  /** The peer uses it no more; packets under way still arrive until `until`. */
  retire(pathId: number, sequence: number, until: Instant): void {
    const path = this.#paths.get(pathId);
    const entry = this.#find(pathId, sequence);
    if (path === undefined || entry === undefined) return;
    path.active = path.active.filter((other) => other !== entry);
    if (this.#lingering.length >= LINGERING_LIMIT) this.#dropOldest();
    this.#lingering.push({ entry, until });
  }

  /** When {@link expire} is due, Infinity for never. */
  get nextExpiry(): Instant {
    return this.#lingering[0]?.until ?? Number.POSITIVE_INFINITY;
  }

  /** Forgets retired ones whose time is over. */
  expire(now: Instant): void {
    while (this.#lingering.length > 0 && (this.#lingering[0]?.until ?? 0) <= now) {
      this.#dropOldest();
    }
  }

  /** Forgets a path for good. */
  removePath(pathId: number): void {
    for (const entry of this.#paths.get(pathId)?.active ?? []) this.#table.delete(entry);
    this.#paths.delete(pathId);
  }

  removeAll(): void {
    for (const pathId of [...this.#paths.keys()]) this.removePath(pathId);
    while (this.#lingering.length > 0) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#lingering.shift();
    if (oldest !== undefined) this.#table.delete(oldest.entry);
  }

  #find(pathId: number, sequence: number): LocalConnectionId<Owner> | undefined {
    return this.#paths.get(pathId)?.active.find((entry) => entry.sequence === sequence);
  }

  #create(pathId: number, sequence: number): LocalConnectionId<Owner> {
    for (;;) {
      this.#source.fill(NEW_ID);
      const entry = {
        owner: this.#owner,
        pathId,
        sequence,
        high: readInt32(NEW_ID, 0),
        low: readInt32(NEW_ID, 4),
        next: undefined,
        acknowledged: false,
      };
      if (this.#table.add(entry)) return entry;
    }
  }
}

/** The 8 octets of a connection ID. */
export function connectionIdBytes(entry: {
  readonly high: number;
  readonly low: number;
}): Uint8Array {
  const bytes = new Uint8Array(CONNECTION_ID_LENGTH);
  writeUint32(bytes, 0, entry.high);
  writeUint32(bytes, 4, entry.low);
  return bytes;
}

/** The octets of the one that is being made. */
const NEW_ID = new Uint8Array(CONNECTION_ID_LENGTH);
