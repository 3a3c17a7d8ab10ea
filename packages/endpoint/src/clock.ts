import { performance } from 'node:perf_hooks';
import type { Instant } from '@mpquic/wire';

/** Where machines get their time from. */
export interface Clock {
  /** Microseconds that never go back, from an arbitrary start. */
  now(): Instant;
}

/** The process's monotonic clock. */
export const monotonicClock: Clock = { now: () => Math.floor(performance.now() * 1000) };

/** Microseconds since 1970, for captures and logs only: machines never see it. */
export function wallClockMicroseconds(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}
