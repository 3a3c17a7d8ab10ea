import { equalBytes, RangeSet } from '@mpquic/wire';

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
const SEQUENCE_RANGES_LIMIT = 32;

/**
 * The peer's connection IDs of one path: the one in use, the spares, and the sequence numbers to be
 * retired with RETIRE_CONNECTION_ID or PATH_RETIRE_CONNECTION_ID. RFC 9000 §5.1.2, MP-21 §3.2.2
 */
export class RemoteConnectionIds {
  /** Rising sequence numbers; the one in use is among them. */
  #active: RemoteConnectionId[] = [];
  #current: RemoteConnectionId | undefined;
  readonly #seen = new RangeSet();
  #retirePriorTo = 0;
  #retired: number[] = [];
  /** Retirements that the peer has not acknowledged, sent or not. */
  #openRetirements = 0;
  /** Whether PATH_CIDS_BLOCKED told the peer that there is no spare. */
  blockedReported = false;

  /** The one that packets carry; undefined until the path is used. */
  get current(): RemoteConnectionId | undefined {
    return this.#current;
  }

  get hasSpare(): boolean {
    return this.#active.some((id) => id !== this.#current);
  }

  /** The sequence number that the peer is expected to issue next. */
  get nextSequence(): number {
    return (this.#seen.highest ?? -1) + 1;
  }

  /** The handshake's connection ID, which replaces the one chosen by the client itself. */
  useInitial(bytes: Uint8Array, statelessResetToken?: Uint8Array): void {
    this.#current = { sequence: 0, bytes, statelessResetToken };
    this.#active = [this.#current, ...this.#active.filter((id) => id.sequence !== 0)];
    this.#seen.add(0);
  }

  /** One that the peer announced, with octets that belong to this set. */
  add(
    id: RemoteConnectionId,
    retirePriorTo: number,
    limit: number,
  ): ConnectionIdViolation | undefined {
    const known = this.#active.find((other) => other.sequence === id.sequence);
    if (known !== undefined) {
      if (!sameConnectionId(known, id)) return 'contradicts_earlier';
    } else if (!this.#seen.has(id.sequence)) {
      this.#seen.add(id.sequence);
      this.blockedReported = false;
      if (this.#seen.size > SEQUENCE_RANGES_LIMIT) return 'limit_exceeded';
      this.#active.push(id);
      this.#active.sort((a, b) => a.sequence - b.sequence);
      // RFC 9000 §19.15: one below an earlier Retire Prior To is retired at once.
      if (id.sequence < this.#retirePriorTo) this.#retireOld();
    }
    this.#raiseRetirePriorTo(retirePriorTo);
    if (this.#active.length > limit) return 'limit_exceeded';
    // RFC 9000 §5.1.2: the count of retired but unacknowledged ones SHOULD be limited.
    return this.#openRetirements > 4 * limit ? 'retirements_exceeded' : undefined;
  }

  /** Whether any announced connection ID of this path has these octets. */
  find(bytes: Uint8Array): RemoteConnectionId | undefined {
    return this.#active.find((id) => equalBytes(id.bytes, bytes));
  }

  /** Takes a spare into use and retires the one used so far; false where there is no spare. */
  rotate(): boolean {
    const spare = this.#active.find((id) => id !== this.#current);
    if (spare === undefined) return false;
    const previous = this.#current;
    this.#current = spare;
    if (previous !== undefined) this.#retire(previous);
    return true;
  }

  /** Sequence numbers that went out of use since the last call, to be retired by frames. */
  takeRetired(): readonly number[] {
    const retired = this.#retired;
    if (retired.length > 0) this.#retired = [];
    return retired;
  }

  retirementAcknowledged(): void {
    this.#openRetirements -= 1;
  }

  /** All at once and without frames, as PATH_ABANDON does. MP-21 §3.4 */
  abandon(): void {
    this.#active = [];
    this.#current = undefined;
    this.#retired = [];
  }

  #raiseRetirePriorTo(retirePriorTo: number): void {
    if (retirePriorTo <= this.#retirePriorTo) return;
    this.#retirePriorTo = retirePriorTo;
    this.#retireOld();
  }

  #retireOld(): void {
    const old = this.#active.filter((id) => id.sequence < this.#retirePriorTo);
    const inUse = this.#current;
    for (const id of old) this.#retire(id);
    if (inUse !== undefined && inUse.sequence < this.#retirePriorTo)
      this.#current = this.#active[0];
  }

  #retire(id: RemoteConnectionId): void {
    this.#active = this.#active.filter((other) => other !== id);
    this.#retired.push(id.sequence);
    this.#openRetirements += 1;
  }
}

function sameConnectionId(a: RemoteConnectionId, b: RemoteConnectionId): boolean {
  if (!equalBytes(a.bytes, b.bytes)) return false;
  const first = a.statelessResetToken;
  const second = b.statelessResetToken;
  return first === undefined || second === undefined || equalBytes(first, second);
}
