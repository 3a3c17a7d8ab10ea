import type { Instant } from '@mpquic/wire';

/** One packet of a capture file. */
export interface CapturedPacket {
  /** Its place in the file, counted from 1. */
  readonly number: number;
  /** Microseconds since 1970; 0 where the file does not tell. */
  readonly time: Instant;
  /** See `LinkType`. */
  readonly linkType: number;
  /** The interface's name, where the file gives one. */
  readonly interfaceName: string | undefined;
  /** A view of what was captured, from the link header on. */
  readonly data: Uint8Array;
  /** Octets of the packet on the wire. */
  readonly originalLength: number;
}

/** A capture file's contents. */
export interface Capture {
  readonly packets: readonly CapturedPacket[];
  /** TLS key logs embedded in the file, as text. */
  readonly keyLogs: readonly string[];
  /** Why the file was not read to its end: it is cut short or damaged there. */
  readonly problem: string | undefined;
}
