import { equalBytes } from '@mpquic/wire';
import { SequenceRecord } from './sequence-record.ts';
import { SpareConnectionIds } from './spare-connection-ids.ts';

/** A connection ID that the peer issued. */
export interface RemoteConnectionId {
  readonly sequence: number;
  /** 0 to 20 octets. */
  readonly bytes: Uint8Array;
  /** 16 octets; undefined for the handshake's connection ID of a client. RFC 9000 §10.3 */
  readonly statelessResetToken: Uint8Array | undefined;
}

/** What is wrong with a connection ID that the peer announced. RFC 9000 §5.1.1, §19.15 */
export type ConnectionIdViolation =
  | 'contradicts_earlier'
  | 'limit_exceeded'
  | 'retirements_exceeded';

/** Gaps in the peer's sequence numbers beyond which it is not merely reordering. */
const SEQUENCE_GAPS_LIMIT = 32;

/**
 * The peer's connection IDs of one path: the one in use, the spares, and the sequence numbers to be
 * retired with RETIRE_CONNECTION_ID or PATH_RETIRE_CONNECTION_ID. RFC 9000 §5.1.2, MP-21 §3.2.2
 */
export class RemoteConnectionIds {
  #current: RemoteConnectionId | undefined;
  readonly #spares = new SpareConnectionIds();
  readonly #seen = new SequenceRecord();
  #retirePriorTo = 0;
  #retired: readonly number[] = NONE;
  /** Retirements that the peer has not acknowledged, sent or not. */
  #openRetirements = 0;
  /** Taken from the spares for another 4-tuple, and not yet the current one. */
  #reserved: RemoteConnectionId | undefined;
  /** That of the 4-tuple before a move, until it is known which of them stays. */
  #left: RemoteConnectionId | undefined;
  /** Whether PATH_CIDS_BLOCKED told the peer that there is no spare. */
  blockedReported = false;

  /** The one that packets carry; undefined until the path is used. */
  get current(): RemoteConnectionId | undefined {
    return this.#current;
  }

  /** Of packets to the 4-tuple before a move; undefined where they carry the current one. RFC 9000 §9.5 */
  get left(): RemoteConnectionId | undefined {
    return this.#left;
  }

  get hasSpare(): boolean {
    return this.#spares.count > 0;
  }

  /** The sequence number that the peer is expected to issue next. */
  get nextSequence(): number {
    return this.#seen.next;
  }

  /** The handshake's connection ID, which replaces the one chosen by the client itself. */
  useInitial(bytes: Uint8Array, statelessResetToken?: Uint8Array): void {
    this.#current = { sequence: 0, bytes, statelessResetToken };
    this.#seen.add(0);
  }

  /** One that the peer announced; its octets, 0 to 20 and 16, are copied. */
  add(
    sequence: number,
    bytes: Uint8Array,
    statelessResetToken: Uint8Array,
    retirePriorTo: number,
    limit: number,
  ): ConnectionIdViolation | undefined {
    if (this.#contradicts(sequence, bytes, statelessResetToken)) return 'contradicts_earlier';
    if (!this.#seen.has(sequence)) {
      this.#seen.add(sequence);
      if (this.#seen.gaps > SEQUENCE_GAPS_LIMIT) return 'limit_exceeded';
      this.#keep(sequence, bytes, statelessResetToken);
    }
    if (retirePriorTo > this.#retirePriorTo) {
      this.#retirePriorTo = retirePriorTo;
      this.#retireOld();
    }
    if (this.#active > limit) return 'limit_exceeded';
    // RFC 9000 §5.1.2: the count of retired but unacknowledged ones SHOULD be limited.
    return this.#openRetirements > 4 * limit ? 'retirements_exceeded' : undefined;
  }

  /** Sequence number of the active connection ID of these octets, or undefined. */
  find(bytes: Uint8Array): number | undefined {
    if (hasBytes(this.#current, bytes)) return this.#current.sequence;
    if (hasBytes(this.#reserved, bytes)) return this.#reserved.sequence;
    if (hasBytes(this.#left, bytes)) return this.#left.sequence;
    return this.#spares.find(bytes);
  }

  /** Takes a spare into use and retires the one used so far; false where there is no spare. */
  rotate(): boolean {
    if (!this.hasSpare) return false;
    if (this.#current !== undefined) this.#retire(this.#current.sequence);
    this.#useSpare();
    return true;
  }

  /** A spare for another 4-tuple, to be adopted or dropped; undefined where there is none, or one is out already. */
  reserve(): RemoteConnectionId | undefined {
    if (this.#reserved !== undefined) return undefined;
    this.#reserved = this.#takeSpare();
    return this.#reserved;
  }

  /** The peer moved: the reserved one `id`, or a spare, comes into use; the one used so far is {@link left}. */
  move(id?: RemoteConnectionId): void {
    if (id === undefined ? !this.hasSpare : this.#reserved !== id) return;
    // After a second move, the first address is the one that is known to work.
    if (this.#left === undefined) this.#left = this.#current;
    else if (this.#current !== undefined) this.#retire(this.#current.sequence);
    if (id === undefined) this.#useSpare();
    else {
      this.#reserved = undefined;
      this.#current = id;
    }
  }

  /** The peer stays where it moved to. */
  stay(): void {
    if (this.#left !== undefined) this.#retire(this.#left.sequence);
    this.#left = undefined;
  }

  /** The peer is again where it was before the move. */
  goBack(): void {
    if (this.#left === undefined) return;
    if (this.#current !== undefined) this.#retire(this.#current.sequence);
    this.#current = this.#left;
    this.#left = undefined;
  }

  /** The reserved one comes into use, the one used so far is retired; false where the peer had it retired. */
  adopt(id: RemoteConnectionId): boolean {
    if (this.#reserved !== id) return false;
    this.#reserved = undefined;
    if (this.#current !== undefined) this.#retire(this.#current.sequence);
    this.#current = id;
    return true;
  }

  /** The reserved one is retired. */
  drop(id: RemoteConnectionId): void {
    if (this.#reserved !== id) return;
    this.#reserved = undefined;
    this.#retire(id.sequence);
  }

  /** Sequence numbers that went out of use since the last call, to be retired by frames. */
  takeRetired(): readonly number[] {
    const retired = this.#retired;
    this.#retired = NONE;
    return retired;
  }

  retirementAcknowledged(): void {
    this.#openRetirements -= 1;
  }

  /** All at once and without frames, as PATH_ABANDON does. MP-21 §3.4 */
  abandon(): void {
    this.#spares.clear();
    this.#current = undefined;
    this.#reserved = undefined;
    this.#left = undefined;
    this.#retired = NONE;
  }

  /** The spares, and those that packets carry or may carry again. */
  get #active(): number {
    let active = this.#spares.count;
    if (this.#current !== undefined) active += 1;
    if (this.#reserved !== undefined) active += 1;
    if (this.#left !== undefined) active += 1;
    return active;
  }

  #contradicts(sequence: number, bytes: Uint8Array, statelessResetToken: Uint8Array): boolean {
    const current = this.#current;
    if (current?.sequence !== sequence) {
      return this.#spares.contradicts(sequence, bytes, statelessResetToken);
    }
    if (!equalBytes(current.bytes, bytes)) return true;
    const token = current.statelessResetToken;
    return token !== undefined && !equalBytes(token, statelessResetToken);
  }

  /** RFC 9000 §19.15: one below an earlier Retire Prior To is retired at once. */
  #keep(sequence: number, bytes: Uint8Array, statelessResetToken: Uint8Array): void {
    if (sequence < this.#retirePriorTo) {
      this.#retire(sequence);
      return;
    }
    this.blockedReported = false;
    this.#spares.add(sequence, bytes, statelessResetToken);
  }

  #retireOld(): void {
    const spares = this.#spares;
    for (let lowest = spares.lowest; lowest !== undefined; lowest = spares.lowest) {
      if (lowest >= this.#retirePriorTo) break;
      this.#retire(lowest);
      spares.dropLowest();
    }
    const reserved = this.#reserved;
    if (reserved !== undefined && reserved.sequence < this.#retirePriorTo) this.drop(reserved);
    if (this.#left !== undefined && this.#left.sequence < this.#retirePriorTo) this.stay();
    const current = this.#current;
    if (current === undefined || current.sequence >= this.#retirePriorTo) return;
    this.#retire(current.sequence);
    this.#useSpare();
  }

  #useSpare(): void {
    this.#current = this.#takeSpare();
  }

  #takeSpare(): RemoteConnectionId | undefined {
    const spares = this.#spares;
    const sequence = spares.lowest;
    if (sequence === undefined) return undefined;
    const taken = { sequence, bytes: spares.lowestId, statelessResetToken: spares.lowestToken };
    spares.dropLowest();
    return taken;
  }

  #retire(sequence: number): void {
    this.#retired = this.#retired.concat(sequence);
    this.#openRetirements += 1;
  }
}

function hasBytes(id: RemoteConnectionId | undefined, bytes: Uint8Array): id is RemoteConnectionId {
  return id !== undefined && equalBytes(id.bytes, bytes);
}

const NONE: readonly number[] = [];
