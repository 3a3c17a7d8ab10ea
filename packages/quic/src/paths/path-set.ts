import { RangeSet } from '@mpquic/wire';
import type { Path } from './path.ts';
import type { PathIdRecord } from './path-id-record.ts';
import { PathLimits } from './path-limits.ts';
import { PathStatusRecord } from './path-status.ts';
import { RemoteConnectionIds } from './remote-connection-ids.ts';

/** Whether a path ID that the peer names can be worked with. */
export type PathIdStanding = 'usable' | 'above_limit' | 'closed';

/**
 * The paths of a connection by path ID, and what is known of IDs that no path uses yet. Without
 * multipath it holds path 0 alone. MP-21 §3
 */
export class PathSet {
  /** Open and abandoned paths, rising path IDs; the array is never replaced. */
  readonly list: Path[] = [];
  /** Few, and in no order: each leads to the next. */
  #records: PathIdRecord | undefined;
  /** Path IDs; not there before the first. */
  #closed: RangeSet | undefined;
  #limits: PathLimits | undefined;
  #nextId = 1;

  /** Undefined until multipath is negotiated. */
  get limits(): PathLimits | undefined {
    return this.#limits;
  }

  negotiate(localMaximum: number, peerMaximum: number): void {
    this.#limits = new PathLimits(localMaximum, peerMaximum);
  }

  /** Path `id`, open or abandoned. */
  get(id: number): Path | undefined {
    const list = this.list;
    for (let i = 0; i < list.length; i++) if (list[i]?.id === id) return list[i];
    return undefined;
  }

  /** The record of a path ID that {@link standing} calls usable. */
  record(id: number): PathIdRecord {
    return this.known(id) ?? this.#addRecord(id);
  }

  /** How this side wants a path to be used; `id` is usable. */
  localStatus(id: number): PathStatusRecord {
    const record = this.record(id);
    record.localStatus ??= new PathStatusRecord();
    return record.localStatus;
  }

  /** How the peer wants it. */
  peerStatus(id: number): PathStatusRecord {
    const record = this.record(id);
    record.peerStatus ??= new PathStatusRecord();
    return record.peerStatus;
  }

  /** The record of a path ID, where there is one. */
  known(id: number): PathIdRecord | undefined {
    let record = this.#records;
    while (record !== undefined && record.pathId !== id) record = record.next;
    return record;
  }

  /** Whether the peer issued these octets under another path ID or sequence number. */
  isPeerIdElsewhere(bytes: Uint8Array, id: number, sequence: number): boolean {
    for (let record = this.#records; record !== undefined; record = record.next) {
      const found = record.peerIds.find(bytes);
      if (found !== undefined && (record.pathId !== id || found !== sequence)) return true;
    }
    return false;
  }

  /** How a frame that names path `id` is to be taken. MP-21 §4 */
  standing(id: number): PathIdStanding {
    if (id > (this.#limits?.local ?? 0)) return 'above_limit';
    return this.#isClosed(id) || this.get(id)?.state === 'abandoned' ? 'closed' : 'usable';
  }

  add(path: Path): void {
    let at = this.list.length;
    while (at > 0 && (this.list[at - 1] as Path).id > path.id) at -= 1;
    if (at === this.list.length) this.list.push(path);
    else this.list.splice(at, 0, path);
    this.#nextId = Math.max(this.#nextId, path.id + 1);
  }

  /** The lowest path ID that was never used and lies within both limits. MP-21 §3.2.1 */
  nextUnusedId(): number | undefined {
    let id = this.#nextId;
    while (this.#isClosed(id)) id += 1;
    return id <= (this.#limits?.common ?? 0) ? id : undefined;
  }

  /** From now on the ID cannot be used: it MUST NOT be reused. MP-21 §3.4 */
  close(id: number): void {
    this.#closed ??= new RangeSet();
    this.#closed.add(id);
    const record = this.known(id);
    if (record === undefined) return;
    record.peerIds.abandon();
    this.#removeRecord(record);
  }

  /** Lets go of the peer's connection IDs: the connection ends. */
  releaseRecords(): void {
    for (let record = this.#records; record !== undefined; record = record.next) {
      record.peerIds.abandon();
    }
  }

  /** Deletes what is left of a closed path. */
  delete(path: Path): void {
    const at = this.list.indexOf(path);
    if (at >= 0) this.list.splice(at, 1);
  }

  /** The lowest unused path ID above `id` and within both limits. */
  unusedAbove(id: number): number | undefined {
    const common = this.#limits?.common ?? 0;
    for (let next = id + 1; next <= common; next++) {
      if (!this.#isClosed(next) && this.get(next) === undefined) return next;
    }
    return undefined;
  }

  #isClosed(id: number): boolean {
    return this.#closed?.has(id) === true;
  }

  #addRecord(pathId: number): PathIdRecord {
    const peerIds = new RemoteConnectionIds();
    const next = this.#records;
    const record = { pathId, peerIds, localStatus: undefined, peerStatus: undefined, next };
    this.#records = record;
    return record;
  }

  #removeRecord(record: PathIdRecord): void {
    if (this.#records === record) this.#records = record.next;
    for (let before = this.#records; before !== undefined; before = before.next) {
      if (before.next === record) before.next = record.next;
    }
  }
}
