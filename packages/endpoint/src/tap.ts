import type { Address } from '@mpquic/wire';

/** A datagram as it crosses the socket layer. The payload is lent for the call. */
export interface TappedDatagram {
  readonly direction: 'sent' | 'received';
  readonly local: Address;
  readonly remote: Address;
  readonly payload: Uint8Array;
  /** Microseconds since 1970. */
  readonly wallTime: number;
}

/** Sees every datagram as it stands on the wire, for captures. Cut paths show nothing: nothing crosses them. */
export type Tap = (datagram: TappedDatagram) => void;
