import { plainOctets } from '@mpquic/wire';
import type { Capture } from './capture.ts';
import { readPcap } from './pcap-reader.ts';
import { readPcapng } from './pcapng-reader.ts';

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
