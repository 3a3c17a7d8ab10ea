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
  /** One of the same path that was issued before, and is still active. */
  older: LocalConnectionId<Owner> | undefined;
}

interface PathIds<Owner> {
  readonly pathId: number;
  nextSequence: number;
  /** Lower sequence numbers went out to the peer. */
  sentBelow: number;
  /** How many are active. */
  count: number;
  /** The one issued last that is active; it leads to the others. */
  newest: LocalConnectionId<Owner> | undefined;
  /** Those of another path. */
  next: PathIds<Owner> | undefined;
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
  /** Few, and in no order: each leads to the next. */
  #paths: PathIds<Owner> | undefined;
  #lingering: readonly Lingering<Owner>[] = NONE;

  /** @param source makes connection IDs */
  constructor(table: ConnectionIdTable<Owner>, owner: Owner, source: Random) {
    this.#table = table;
    this.#owner = owner;
    this.#source = source;
  }

  /** The connection ID of the handshake: path 0, sequence number 0, announced by no frame. */
  issueInitial(): Uint8Array {
    return this.#issueUnannounced();
  }

  /** The connection ID of a preferred address: path 0, sequence number 1. RFC 9000 §5.1.1 */
  issuePreferred(): Uint8Array {
    return this.#issueUnannounced();
  }

  /**
   * Issues what a path lacks, to be announced, and returns how much that was: the last ones below
   * {@link nextSequence}. `limit` is the peer's active_connection_id_limit.
   */
  replenish(pathId: number, limit: number, inUse: boolean): number {
    const path = this.#ofPath(pathId) ?? this.#addPath(pathId);
    const wanted = Math.min(limit, inUse ? ISSUED_IN_USE : ISSUED_UNUSED);
    const lacking = wanted - path.count;
    for (let i = 0; i < lacking; i++) this.#issue(path);
    return Math.max(lacking, 0);
  }

  /** Copies the 8 octets of an active one; false where it is retired. */
  copy(pathId: number, sequence: number, into: Uint8Array): boolean {
    const entry = this.#find(pathId, sequence);
    if (entry !== undefined) writeConnectionId(entry, into);
    return entry !== undefined;
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
    let entry = this.#ofPath(pathId)?.newest;
    while (entry !== undefined && !entry.acknowledged) entry = entry.older;
    return entry !== undefined;
  }

  /** The frame that announces it leaves. */
  announced(pathId: number, sequence: number): void {
    const path = this.#ofPath(pathId);
    if (path !== undefined) path.sentBelow = Math.max(path.sentBelow, sequence + 1);
  }

  /** Whether the peer can know of it. */
  wasAnnounced(pathId: number, sequence: number): boolean {
    return sequence < (this.#ofPath(pathId)?.sentBelow ?? 0);
  }

  /** The sequence number of the next connection ID to be issued. */
  nextSequence(pathId: number): number {
    return this.#ofPath(pathId)?.nextSequence ?? 0;
  }

  /** The peer uses it no more; packets under way still arrive until `until`. */
  retire(pathId: number, sequence: number, until: Instant): void {
    const path = this.#ofPath(pathId);
    const entry = this.#find(pathId, sequence);
    if (path === undefined || entry === undefined) return;
    detach(path, entry);
    if (this.#lingering.length >= LINGERING_LIMIT) this.#dropOldest();
    this.#lingering = this.#lingering.concat({ entry, until });
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
    const path = this.#ofPath(pathId);
    if (path === undefined) return;
    this.#forget(path);
    if (this.#paths === path) this.#paths = path.next;
    for (let before = this.#paths; before !== undefined; before = before.next) {
      if (before.next === path) before.next = path.next;
    }
  }

  removeAll(): void {
    for (let path = this.#paths; path !== undefined; path = path.next) this.#forget(path);
    this.#paths = undefined;
    while (this.#lingering.length > 0) this.#dropOldest();
  }

  #forget(path: PathIds<Owner>): void {
    for (let entry = path.newest; entry !== undefined; entry = entry.older) {
      this.#table.delete(entry);
    }
  }

  #dropOldest(): void {
    const [oldest] = this.#lingering;
    this.#lingering = this.#lingering.slice(1);
    if (oldest !== undefined) this.#table.delete(oldest.entry);
  }

  #ofPath(pathId: number): PathIds<Owner> | undefined {
    let path = this.#paths;
    while (path !== undefined && path.pathId !== pathId) path = path.next;
    return path;
  }

  #addPath(pathId: number): PathIds<Owner> {
    const next = this.#paths;
    const path = { pathId, nextSequence: 0, sentBelow: 0, count: 0, newest: undefined, next };
    this.#paths = path;
    return path;
  }

  #find(pathId: number, sequence: number): LocalConnectionId<Owner> | undefined {
    let entry = this.#ofPath(pathId)?.newest;
    while (entry !== undefined && entry.sequence !== sequence) entry = entry.older;
    return entry;
  }

  /** The next one of path 0, which the peer gets by other means than a frame. */
  #issueUnannounced(): Uint8Array {
    const path = this.#ofPath(0) ?? this.#addPath(0);
    const entry = this.#issue(path);
    entry.acknowledged = true;
    path.sentBelow = path.nextSequence;
    return connectionIdBytes(entry);
  }

  #issue(path: PathIds<Owner>): LocalConnectionId<Owner> {
    const entry = this.#create(path.pathId, path.nextSequence, path.newest);
    path.nextSequence += 1;
    path.count += 1;
    path.newest = entry;
    return entry;
  }

  #create(
    pathId: number,
    sequence: number,
    older: LocalConnectionId<Owner> | undefined,
  ): LocalConnectionId<Owner> {
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
        older,
      };
      if (this.#table.add(entry)) return entry;
    }
  }
}

function detach<Owner>(path: PathIds<Owner>, entry: LocalConnectionId<Owner>): void {
  path.count -= 1;
  if (path.newest === entry) {
    path.newest = entry.older;
    return;
  }
  for (let newer = path.newest; newer !== undefined; newer = newer.older) {
    if (newer.older === entry) newer.older = entry.older;
  }
}

/** The 8 octets of a connection ID. */
function connectionIdBytes(entry: IssuedConnectionId<unknown>): Uint8Array {
  return writeConnectionId(entry, new Uint8Array(CONNECTION_ID_LENGTH));
}

function writeConnectionId(entry: IssuedConnectionId<unknown>, into: Uint8Array): Uint8Array {
  writeUint32(into, 0, entry.high);
  writeUint32(into, 4, entry.low);
  return into;
}

const NONE: readonly never[] = [];

/** The octets of the one that is being made. */
const NEW_ID = new Uint8Array(CONNECTION_ID_LENGTH);
