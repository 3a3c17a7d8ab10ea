import type { ConnectionEvent } from '@mpquic/quic';
import type { StreamEvent } from './stream.ts';

/** Events that concern streams. */
export type StreamSetEvent =
  | StreamEvent
  | Extract<ConnectionEvent, { readonly type: 'streams_available' }>;

export type DatagramEvent = Extract<ConnectionEvent, { readonly type: `datagram${string}` }>;

export type DatagramsSettled = Extract<ConnectionEvent, { readonly type: 'datagram_status' }>;

export type NewToken = Extract<ConnectionEvent, { readonly type: 'new_token' }>;

/** Where a server would rather be reached. */
export type PreferredAddresses = Extract<ConnectionEvent, { readonly type: 'preferred_address' }>;

/** Events of the connection as a whole. */
export type SessionEvent = Exclude<ConnectionEvent, StreamSetEvent | DatagramEvent>;

/** Whether an event belongs to streams or datagrams, rather than to the connection as a whole. */
export function isDataEvent(event: ConnectionEvent): event is StreamSetEvent | DatagramEvent {
  return DATA_EVENTS[event.type as DataEventType] === true;
}

type DataEventType = (StreamSetEvent | DatagramEvent)['type'];

const DATA_EVENTS: { readonly [T in DataEventType]: true } = {
  stream_opened: true,
  stream_readable: true,
  stream_writable: true,
  stream_delivered: true,
  stream_reset: true,
  stream_stopped: true,
  streams_available: true,
  datagram: true,
  datagrams: true,
  datagram_status: true,
  datagrams_writable: true,
};
