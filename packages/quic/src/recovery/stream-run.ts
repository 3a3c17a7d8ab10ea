import { type Instant, LARGE_COUNT_START } from '@mpquic/wire';

/**
 * Packets sent at once, that hold one STREAM frame each and nothing else, and whose octets follow each other. One object tells
 * of all runs: offsets and times outgrow the integers that engines hand over as they are, so that each call with one would make
 * an object.
 */
export interface StreamRun {
  count: number;
  timeSent: Instant;
  /** Octets of UDP payload of each. */
  size: number;
  streamId: number;
  /** Of the first one's octets. */
  offset: number;
  /** Octets of the stream in each. */
  length: number;
}

export function createStreamRun(): StreamRun {
  return {
    count: 0,
    timeSent: LARGE_COUNT_START,
    size: 0,
    streamId: 0,
    offset: LARGE_COUNT_START,
    length: 0,
  };
}
