import type { SocketAddress } from 'node:net';
import type { ConnectionEvent, DatagramBatch, DatagramStatus, QuicVersionName } from '@mpquic/quic';
import type { HandshakeSummary } from '@mpquic/tls';
import type { QuicSession } from './session.ts';
import type { PathEvent } from './session-paths.ts';
import type { QuicStream } from './stream.ts';
import type { Octets } from './stream-receiver.ts';

/** What the handshake settled, as in node:quic, and what authenticated it. */
export interface SessionHandshakeInfo {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly servername: string;
  readonly protocol: string;
  readonly cipher: string;
  readonly cipherVersion: string;
  /** Empty: a handshake that fails to validate does not complete. */
  readonly validationErrorReason: string;
  readonly validationErrorCode: number;
  readonly earlyDataAttempted: boolean;
  readonly earlyDataAccepted: boolean;
  /** Of QUIC. */
  readonly version: QuicVersionName;
  readonly group: string;
  readonly psk: HandshakeSummary['psk'];
  readonly resumed: boolean;
  /** Whether both sides speak multipath. */
  readonly multipath: boolean;
}

export type KeyUpdateEvent = Extract<ConnectionEvent, { readonly type: 'key_updated' }>;

/** Called by a session, with it as `this`. One that throws or rejects ends its session. */
export interface SessionCallbacks {
  /** The peer opened a stream. Without it, the peer's streams are refused. */
  onstream?: ((this: QuicSession, stream: QuicStream) => unknown) | undefined;
  /** The octets are the callee's to keep. */
  ondatagram?: ((this: QuicSession, datagram: Octets, early: boolean) => unknown) | undefined;
  /**
   * In place of `ondatagram`: many datagrams at a time, and all are lent for the call. Takes much of what it takes to
   * receive them.
   */
  ondatagrams?: ((this: QuicSession, datagrams: DatagramBatch) => unknown) | undefined;
  ondatagramstatus?:
    | ((this: QuicSession, id: bigint, status: DatagramStatus) => unknown)
    | undefined;
  /** There is {@link QuicSession.datagramRoom} again, for half of what may wait at least, after there was none. */
  ondatagramdrain?: ((this: QuicSession) => unknown) | undefined;
  onhandshake?: ((this: QuicSession, info: SessionHandshakeInfo) => unknown) | undefined;
  /** A line of the key log: a secret. Only with `keylog: true`. */
  onkeylog?: ((this: QuicSession, line: string) => unknown) | undefined;
  /** What ended the session, where it was an error. */
  onerror?: ((this: QuicSession, error: unknown) => unknown) | undefined;
  /** A path was opened, validated, migrated, suspected, changed its status or was closed. */
  onpath?: ((this: QuicSession, event: PathEvent) => unknown) | undefined;
  /** Client: `token` shows this address to the same server once more, as `token` of `connect`. */
  onnewtoken?: ((this: QuicSession, token: Octets, address: SocketAddress) => unknown) | undefined;
  /** Client: `ticket` resumes this session, as `sessionTicket` of `connect`. It holds a key. */
  onsessionticket?: ((this: QuicSession, ticket: Octets) => unknown) | undefined;
  onkeyupdate?: ((this: QuicSession, event: KeyUpdateEvent) => unknown) | undefined;
}
