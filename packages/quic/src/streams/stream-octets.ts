/**
 * Octets of a stream that one frame or a run of them carried. Passed on as it is: offsets outgrow the integers that engines hand
 * over as they are, so that each call with one would make an object.
 */
export interface StreamOctets {
  readonly offset: number;
  readonly length: number;
  /** Whether the stream ends behind them. */
  readonly fin?: boolean;
}
