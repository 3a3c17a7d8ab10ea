import type { StreamChunk } from '@mpquic/quic';

/** What one stream may do with its connection. Every call is sent with the end of the turn. */
export interface StreamLink {
  readonly id: number;
  /** Octets taken; they stay unchanged until they are acknowledged. */
  write(data: Uint8Array, fin: boolean): number;
  read(): StreamChunk | undefined;
  /** Octets that were read and nobody touches again. */
  recycle(data: Uint8Array): void;
  reset(code: number): void;
  stopSending(code: number): void;
}
