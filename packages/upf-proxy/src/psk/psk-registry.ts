import { type EventSink, type PskState, wallClock } from '@mpquic/service';
import { type ExternalPsk, InMemoryPskStore, type PskStore } from '@mpquic/tls';
import { type Instant, toHex, UsageError } from '@mpquic/wire';

/** A PSK as it comes over N4. The registry copies the key; the caller wipes its own. */
export interface PskInstallation {
  readonly psk: ExternalPsk;
  /** `1` to `6` or `Y`. */
  readonly solution: string;
  readonly variant: string;
  /** The N4 session (UP SEID) that owns it; `undefined` for one that was provisioned. */
  readonly session: bigint | undefined;
  /** Counts the keys of one session. */
  readonly generation: number;
  /** Seconds; none for as long as the session lives. */
  readonly lifetime: number | undefined;
  /** Earlier keys of the session stay until this one is used, at most for the overlap. */
  readonly keepOldUntilUsed: boolean;
}

type LivingState = Extract<PskState, 'installed' | 'in_use' | 'superseded'>;

interface Entry {
  readonly kid: Uint8Array;
  readonly installation: Omit<PskInstallation, 'psk'>;
  state: LivingState;
  /** When it goes, for its lifetime or for the overlap. */
  deadline: Instant;
}

export interface PskRegistryOptions {
  /** Seconds for which a superseded key still works. */
  readonly overlap: number;
  readonly events: EventSink;
  /** Connections made with this KID are to be dropped, at once or after a while. */
  readonly onDeleted: (kid: Uint8Array, reason: string, atOnce: boolean) => void;
  /** Handshakes that wait for this KID can go on. */
  readonly onInstalled?: (kid: Uint8Array) => void;
  readonly clock?: () => Instant;
  /** PSKs at a time. Default 65,536. */
  readonly maxPsks?: number;
}

/** What {@link PskRegistry.counts} tells, for metrics. */
export interface PskCounts {
  readonly installed: number;
  readonly inUse: number;
  readonly superseded: number;
}

const DEFAULT_MAX_PSKS = 65_536;
const SECOND = 1_000_000;

/**
 * The PSKs of a UPF and their lives: installed over N4, in use once a handshake succeeded, superseded
 * by a newer generation, and gone by release, expiry or replacement. A key that goes is wiped.
 */
export class PskRegistry implements PskStore {
  readonly #store = new InMemoryPskStore();
  readonly #entries = new Map<string, Entry>();
  readonly #bySession = new Map<bigint, Set<Entry>>();
  readonly #options: PskRegistryOptions;
  readonly #clock: () => Instant;
  /** No entry has an earlier deadline. */
  #nextDeadline: Instant = Number.POSITIVE_INFINITY;

  constructor(options: PskRegistryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? wallClock;
  }

  get size(): number {
    return this.#entries.size;
  }

  get counts(): PskCounts {
    const counts = { installed: 0, inUse: 0, superseded: 0 };
    for (const { state } of this.#entries.values()) {
      counts[state === 'in_use' ? 'inUse' : state] += 1;
    }
    return counts;
  }

  /** Whether a handshake with this external identity can succeed now. */
  has(kid: Uint8Array): boolean {
    return this.#entries.has(toHex(kid));
  }

  /** The PSK of each identity on the wire, in either mode. */
  lookup(identities: readonly Uint8Array[]): readonly (ExternalPsk | undefined)[] {
    this.expire();
    return this.#store.lookup(identities);
  }

  /**
   * Installs a key, or replaces the one of the same KID.
   * @throws {UsageError} on a key that is too short, one too many, or a KID that another session owns
   */
  install(installation: PskInstallation): void {
    const { psk, ...rest } = installation;
    const key = toHex(psk.identity);
    const present = this.#entries.get(key);
    if (present !== undefined && present.installation.session !== rest.session) {
      throw new UsageError('another session has a PSK of this KID');
    }
    const { maxPsks = DEFAULT_MAX_PSKS } = this.#options;
    if (present === undefined && this.#entries.size >= maxPsks) {
      throw new UsageError(`no room for more than ${maxPsks} PSKs`);
    }
    this.#store.replace(psk);
    if (present !== undefined) {
      this.#unlink(present);
      this.#drop(present, 'superseded', 'replaced under the same KID');
    }
    const entry: Entry = {
      kid: psk.identity.slice(),
      installation: rest,
      state: 'installed',
      deadline: Number.POSITIVE_INFINITY,
    };
    if (rest.lifetime !== undefined) this.#limit(entry, rest.lifetime);
    this.#link(key, entry);
    this.#report(entry, 'installed');
    if (!rest.keepOldUntilUsed) this.#supersedeOlder(entry, 'a new key was installed');
    else this.#limitOlder(entry);
    this.#options.onInstalled?.(entry.kid);
  }

  /** The N4 session that owns the PSK of this KID; undefined for a provisioned or unknown one. */
  sessionOf(kid: Uint8Array): bigint | undefined {
    return this.#entries.get(toHex(kid))?.installation.session;
  }

  /** A handshake succeeded with this KID: older keys of its session have had their time. */
  used(kid: Uint8Array): void {
    const entry = this.#entries.get(toHex(kid));
    if (entry === undefined) return;
    if (entry.state !== 'installed') return;
    entry.state = 'in_use';
    this.#report(entry, 'in_use');
    this.#supersedeOlder(entry, 'the new key is in use');
  }

  /** Deletes the key of this KID; false where there is none, or another session owns it. */
  delete(kid: Uint8Array, session: bigint | undefined, reason: string): boolean {
    const entry = this.#entries.get(toHex(kid));
    if (entry === undefined || entry.installation.session !== session) return false;
    this.#remove(entry, 'deleted', reason);
    return true;
  }

  /** Deletes every key of a session. Its connections need none of them: they may go on for a while. */
  deleteSession(session: bigint, reason: string, dropAtOnce = true): void {
    for (const entry of [...(this.#bySession.get(session) ?? [])]) {
      this.#remove(entry, 'deleted', reason, dropAtOnce);
    }
  }

  /** Removes what is past its time; returns when to call again, or undefined. */
  expire(): Instant | undefined {
    const now = this.#clock();
    if (now < this.#nextDeadline) return finite(this.#nextDeadline);
    let next = Number.POSITIVE_INFINITY;
    for (const entry of [...this.#entries.values()]) {
      if (entry.deadline > now) {
        next = Math.min(next, entry.deadline);
        continue;
      }
      const overlap = entry.state === 'superseded';
      this.#remove(
        entry,
        overlap ? 'deleted' : 'expired',
        overlap ? 'the overlap is over' : 'its lifetime is over',
      );
    }
    this.#nextDeadline = next;
    return finite(next);
  }

  /** Wipes everything. */
  clear(reason: string): void {
    for (const entry of [...this.#entries.values()]) this.#remove(entry, 'deleted', reason);
    this.#store.clear();
  }

  #supersedeOlder(newer: Entry, reason: string): void {
    for (const entry of this.#older(newer)) {
      if (entry.state === 'superseded') continue;
      entry.state = 'superseded';
      this.#limit(entry, this.#options.overlap);
      this.#report(entry, 'superseded', reason);
    }
    this.expire();
  }

  /** The old key waits for the first use of the new one, but not for ever. */
  #limitOlder(newer: Entry): void {
    for (const entry of this.#older(newer)) this.#limit(entry, this.#options.overlap);
  }

  #older(newer: Entry): Entry[] {
    const { session, generation } = newer.installation;
    if (session === undefined) return [];
    return [...(this.#bySession.get(session) ?? [])].filter(
      (entry) => entry !== newer && entry.installation.generation < generation,
    );
  }

  /** Lets an entry live for so many seconds at most. */
  #limit(entry: Entry, seconds: number): void {
    entry.deadline = Math.min(entry.deadline, this.#clock() + seconds * SECOND);
    this.#nextDeadline = Math.min(this.#nextDeadline, entry.deadline);
  }

  #link(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    const { session } = entry.installation;
    if (session === undefined) return;
    const siblings = this.#bySession.get(session) ?? new Set();
    this.#bySession.set(session, siblings.add(entry));
  }

  #unlink(entry: Entry): void {
    this.#entries.delete(toHex(entry.kid));
    const { session } = entry.installation;
    if (session === undefined) return;
    const siblings = this.#bySession.get(session);
    siblings?.delete(entry);
    if (siblings?.size === 0) this.#bySession.delete(session);
  }

  #remove(entry: Entry, state: 'deleted' | 'expired', reason: string, dropAtOnce = true): void {
    this.#unlink(entry);
    this.#store.remove(entry.kid);
    this.#drop(entry, state, reason, dropAtOnce);
  }

  #drop(
    entry: Entry,
    state: 'deleted' | 'expired' | 'superseded',
    reason: string,
    dropAtOnce = true,
  ): void {
    this.#report(entry, state, reason);
    this.#options.onDeleted(entry.kid, reason, dropAtOnce);
  }

  #report(entry: Entry, state: PskState, reason?: string): void {
    const { solution, variant } = entry.installation;
    this.#options.events.record({
      type: 'psk',
      holder: 'upf',
      state,
      kid: entry.kid,
      solution,
      variant,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}

function finite(deadline: Instant): Instant | undefined {
  return deadline === Number.POSITIVE_INFINITY ? undefined : deadline;
}
