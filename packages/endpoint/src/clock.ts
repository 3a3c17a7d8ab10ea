import { performance } from 'node:perf_hooks';
import { hrtime } from 'node:process';
import type { Instant } from '@mpquic/wire';

/** Where machines get their time from. */
export interface Clock {
  /** Microseconds that never go back, from an arbitrary start. */
  now(): Instant;
}

/** The process's monotonic clock, by a call that makes no object: it is asked more often than anything arrives. */
export const monotonicClock: Clock = {
  now: () => {
    const time = hrtime();
    return (time[0] - FIRST_SECOND) * 1_000_000 + Math.floor(time[1] / 1000);
  },
};

const FIRST_SECOND: number = hrtime()[0];

/** Microseconds since 1970, for captures and logs only: machines never see it. */
export function wallClockMicroseconds(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}
