// Compiles only where what @mpquic/endpoint offers fits the declarations of node:quic, as the newest Node.js has them.
// test/node-quic-types.test.ts compiles it.

import type * as node from 'node:quic';
import type { Writer } from 'node:stream/iter';
import type {
  ConnectOptions,
  connect,
  EndpointStats,
  ListenOptions,
  QuicEndpoint,
  QuicError,
  QuicSession,
  QuicStream,
  SessionHandshakeInfo,
  SessionStats,
  StreamBody,
  StreamWriter,
  TransportParams,
} from '@mpquic/endpoint';

type Fits<Theirs, Ours extends Theirs> = Ours;

/** A callback's type without `this`, which is a class of ours. */
type Callback<T> = OmitThisParameter<NonNullable<T>>;

export type Session = Fits<
  Pick<
    node.QuicSession,
    | 'close'
    | 'closed'
    | 'closing'
    | 'destroy'
    | 'destroyed'
    | 'maxDatagramSize'
    | 'opened'
    | 'sendDatagram'
    | 'servername'
    | 'alpnProtocol'
    | 'updateKey'
    | typeof Symbol.asyncDispose
  >,
  QuicSession
>;

/** A callback written for node:quic can be set on a session of ours. */
export type SessionCallbacks = [
  Fits<Callback<QuicSession['ondatagram']>, Callback<node.QuicSession['ondatagram']>>,
  Fits<Callback<QuicSession['ondatagramstatus']>, Callback<node.QuicSession['ondatagramstatus']>>,
  Fits<Callback<QuicSession['onkeylog']>, Callback<node.QuicSession['onkeylog']>>,
  Fits<Callback<QuicSession['onerror']>, Callback<node.QuicSession['onerror']>>,
  Fits<Callback<QuicSession['onhandshake']>, Callback<node.QuicSession['onhandshake']>>,
];

/** The members of a stream that work without HTTP/3. */
type StreamMembers = Pick<
  node.QuicStream,
  | 'closed'
  | 'destroy'
  | 'destroyed'
  | 'direction'
  | 'early'
  | 'highWaterMark'
  | 'id'
  | 'writer'
  | typeof Symbol.asyncIterator
>;

export type Stream = Fits<StreamMembers, QuicStream>;
export type Bodies = Fits<
  StreamBody,
  Exclude<node.StreamBody, import('node:fs/promises').FileHandle | Promise<node.StreamBody>>
>;
export type StreamWriters = Fits<Writer, StreamWriter>;

/** What makes a stream gives one of ours, which fits. */
type Creates = (
  options?: Pick<node.CreateStreamOptions, 'highWaterMark'>,
) => Promise<StreamMembers>;
export type Streams = [
  Fits<Creates, QuicSession['createBidirectionalStream']>,
  Fits<Creates, QuicSession['createUnidirectionalStream']>,
];

export type Endpoint = Fits<
  Pick<
    node.QuicEndpoint,
    | 'address'
    | 'close'
    | 'closed'
    | 'closing'
    | 'destroy'
    | 'destroyed'
    | 'listening'
    | typeof Symbol.asyncDispose
  >,
  QuicEndpoint
>;

export type Handshake = Fits<node.SessionHandshakeInfo, SessionHandshakeInfo>;
export type Errors = Fits<Pick<node.QuicError, 'errorCode' | 'type' | 'message'>, QuicError>;

export type SessionFigures = Fits<
  Pick<node.QuicSession.Stats, keyof SessionStats & keyof node.QuicSession.Stats>,
  SessionStats
>;
export type EndpointFigures = Fits<
  Pick<node.QuicEndpoint.Stats, keyof EndpointStats & keyof node.QuicEndpoint.Stats>,
  EndpointStats
>;

/** Options written for node:quic are options of ours. */
type SharedOptions = Pick<
  node.SessionOptions,
  | 'alpn'
  | 'ciphers'
  | 'groups'
  | 'handshakeTimeout'
  | 'keylog'
  | 'maxPayloadSize'
  | 'maxStreamWindow'
  | 'maxWindow'
  | 'servername'
>;
export type Options = [
  Fits<ConnectOptions, SharedOptions>,
  Fits<ListenOptions, SharedOptions>,
  Fits<TransportParams, Omit<node.TransportParams, `preferredAddress${string}`>>,
];

export type Connects = Fits<
  (address: string, options: SharedOptions) => Promise<Pick<node.QuicSession, 'opened'>>,
  typeof connect
>;
