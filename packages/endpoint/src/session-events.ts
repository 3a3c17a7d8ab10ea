import type { ConnectionEvent } from '@mpquic/quic';
import type { StreamEvent } from './stream.ts';

/** Events that concern streams. */
export type StreamSetEvent =
  | StreamEvent
  | Extract<ConnectionEvent, { readonly type: 'streams_available' }>;

export type DatagramEvent = Extract<ConnectionEvent, { readonly type: `datagram${string}` }>;

/** Where a server would rather be reached. */
export type PreferredAddresses = Extract<ConnectionEvent, { readonly type: 'preferred_address' }>;

/** Events of the connection as a whole. */
export type SessionEvent = Exclude<ConnectionEvent, StreamSetEvent | DatagramEvent>;

export function isStreamEvent(event: ConnectionEvent): event is StreamSetEvent {
  return event.type.startsWith('stream');
}

export function isDatagramEvent(event: ConnectionEvent): event is DatagramEvent {
  return event.type.startsWith('datagram');
}
