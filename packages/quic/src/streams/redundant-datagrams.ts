import type { PathScheduler } from '../paths/scheduler.ts';

/** A datagram of which several copies are on their way. */
interface Redundant {
  readonly data: Uint8Array;
  readonly scheduler: PathScheduler;
  /** Copies that wait or are in flight. */
  copies: number;
  /** Copies sent after all others were lost. */
  repeats: number;
  acknowledged: boolean;
}

/** What follows from the fate of a copy. */
export type CopyFate =
  /** The datagram's own fate is now known: it is to be reported. */
  | { readonly type: 'report' }
  /** Its last copy is lost: one more is to be sent. */
  | { readonly type: 'repeat'; readonly data: Uint8Array; readonly scheduler: PathScheduler }
  | { readonly type: 'wait' };

/** One more copy after both were lost: two of them are lost together at once in a hundred times. */
const MAXIMUM_REPEATS = 3;

const REPORT: CopyFate = { type: 'report' };
const WAIT: CopyFate = { type: 'wait' };

/**
 * Datagrams that go over several paths at once. Their copies share one number, of which one fate is
 * reported: acknowledged with the first copy that is, lost with the last. TS 23.501 §5.32.8
 */
export class RedundantDatagrams {
  /** Not there before the first one. */
  #pending: Map<number, Redundant> | undefined;

  /** Datagrams whose copies are on their way. */
  get size(): number {
    return this.#pending?.size ?? 0;
  }

  add(number: number, data: Uint8Array, scheduler: PathScheduler, copies: number): void {
    this.#pending ??= new Map();
    this.#pending.set(number, { data, scheduler, copies, repeats: 0, acknowledged: false });
  }

  acknowledged(number: number): CopyFate {
    const datagram = this.#pending?.get(number);
    if (datagram === undefined) return REPORT;
    const first = !datagram.acknowledged;
    datagram.acknowledged = true;
    this.#copyGone(number, datagram);
    return first ? REPORT : WAIT;
  }

  /** A copy was lost on its way. */
  lost(number: number): CopyFate {
    const datagram = this.#pending?.get(number);
    if (datagram === undefined) return REPORT;
    const { data, scheduler } = datagram;
    if (datagram.copies === 1 && !datagram.acknowledged && datagram.repeats < MAXIMUM_REPEATS) {
      datagram.repeats += 1;
      return { type: 'repeat', data, scheduler };
    }
    return this.dropped(number);
  }

  /** A copy was dropped unsent. */
  dropped(number: number): CopyFate {
    const datagram = this.#pending?.get(number);
    if (datagram === undefined) return REPORT;
    this.#copyGone(number, datagram);
    return datagram.copies === 0 && !datagram.acknowledged ? REPORT : WAIT;
  }

  #copyGone(number: number, datagram: Redundant): void {
    datagram.copies -= 1;
    if (datagram.copies === 0) this.#pending?.delete(number);
  }
}
