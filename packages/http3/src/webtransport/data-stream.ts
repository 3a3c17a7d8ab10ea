import type { StreamWriter } from '../stream-writer.ts';

/** A stream of a session, without its header. */
export interface DataStream {
  readonly streamId: number;
  readonly sessionId: number;
  /** Undefined where the peer alone sends. */
  readonly writer: StreamWriter | undefined;
  /** Whether octets of the peer are still to come. */
  receiving: boolean;
  /** Whether this side may still send. */
  sending: boolean;
}
