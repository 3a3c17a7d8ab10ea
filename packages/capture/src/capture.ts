import { type Instant, plainOctets } from '@mpquic/wire';
import { readPcap } from './pcap-reader.ts';
import { readPcapng } from './pcapng-reader.ts';

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

/** The file is no capture of a known format. */
export class CaptureError extends Error {
  readonly code = 'CAPTURE';
  override readonly name = 'CaptureError';
}

/** Reads a pcap or pcapng file, of either byte order. @throws {CaptureError} where it is neither */
export function readCapture(file: Uint8Array): Capture {
  const bytes = plainOctets(file);
  const capture = readPcapng(bytes) ?? readPcap(bytes);
  if (!capture) throw new CaptureError('neither a pcap nor a pcapng file');
  return capture;
}
