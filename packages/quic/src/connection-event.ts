import type { HandshakeSummary, PskLookup, SessionTicket } from '@mpquic/tls';
import type { Address } from '@mpquic/wire';
import type { PathStatus } from './snapshots.ts';
import type { QuicVersionName } from './wire/versions.ts';

export type CloseSource = 'local' | 'peer' | 'idle' | 'reset';

/** How a connection ended. */
export interface CloseReason {
  readonly by: CloseSource;
  /** Whether `code` is the application's (CONNECTION_CLOSE 0x1d) or the transport's (0x1c). */
  readonly application: boolean;
  readonly code: number;
  /** 0 where unknown, and for application closes. */
  readonly frameType: number;
  readonly reason: string;
}

export type ConnectionEvent =
  /** Server only; answer with `answerPskLookup`. */
  | { readonly type: 'psk_lookup'; readonly lookup: PskLookup }
  /** The handshake is complete: application data may flow. */
  | { readonly type: 'handshake_complete'; readonly summary: HandshakeSummary }
  /** HANDSHAKE_DONE sent or received: paths may be opened, keys updated. RFC 9001 §4.1.2 */
  | { readonly type: 'handshake_confirmed' }
  | { readonly type: 'key_log'; readonly line: string }
  /** Client only: for a later connection of the same version; its key is a secret. RFC 9846 §4.7.1 */
  | {
      readonly type: 'session_ticket';
      readonly ticket: SessionTicket;
      readonly version: QuicVersionName;
      /** The server's limits, encoded, which a client that sends 0-RTT data goes by. RFC 9000 §7.4.1 */
      readonly parameters: Uint8Array;
    }
  /** Client only: shows this address to the same server once more, in the same version. RFC 9000 §8.1.3 */
  | {
      readonly type: 'new_token';
      readonly token: Uint8Array;
      readonly version: QuicVersionName;
    }
  /** Before `handshake_complete`: by 0-RTT data, which may be a copy. RFC 9001 §9.2 */
  | { readonly type: 'stream_opened'; readonly streamId: number }
  /** There is something for `readStream` or `peekStream`; comes once until these find nothing. */
  | { readonly type: 'stream_readable'; readonly streamId: number }
  /** `writeStream` takes more after it took less than offered. */
  | { readonly type: 'stream_writable'; readonly streamId: number }
  /** The peer acknowledged all that was sent, FIN included. */
  | { readonly type: 'stream_delivered'; readonly streamId: number }
  | { readonly type: 'stream_reset'; readonly streamId: number; readonly code: number }
  | { readonly type: 'stream_stopped'; readonly streamId: number; readonly code: number }
  /** The peer allows more streams after `openStream` found none. */
  | { readonly type: 'streams_available'; readonly direction: StreamDirection }
  /** `early` where it came as 0-RTT data, which may be a copy. RFC 9001 §9.2 */
  | { readonly type: 'datagram'; readonly data: Uint8Array; readonly early: boolean }
  /** In place of it, after {@link ConnectionMachine.batchDatagrams}; lent until the next call of `nextEvent`. */
  | { readonly type: 'datagrams'; readonly datagrams: DatagramBatch }
  /** What became of `count` datagrams, numbered from `datagramId` on. */
  | {
      readonly type: 'datagram_status';
      readonly datagramId: number;
      readonly count: number;
      readonly status: DatagramStatus;
    }
  /** There is room for many more, after {@link ConnectionMachine.datagramRoom} was 0. */
  | { readonly type: 'datagrams_writable' }
  /** A path of this ID exists now: opened here, or by the peer. */
  | { readonly type: 'path_opened'; readonly pathId: number }
  | { readonly type: 'path_validated'; readonly pathId: number }
  /** Its 4-tuple changed (migration or NAT rebinding). */
  | { readonly type: 'path_migrated'; readonly pathId: number }
  /** Client: nothing came back from where `migratePath` wanted to go. */
  | { readonly type: 'path_migration_failed'; readonly pathId: number }
  /** Client, after `handshake_confirmed`: where the server would rather be reached. RFC 9000 §9.6 */
  | {
      readonly type: 'preferred_address';
      readonly ipv4: Address | undefined;
      readonly ipv6: Address | undefined;
    }
  | {
      readonly type: 'path_status';
      readonly pathId: number;
      readonly status: PathStatus;
      readonly by: 'peer';
    }
  /** Consecutive PTOs, or recovery from them: schedulers already turned to other paths. */
  | { readonly type: 'path_suspect'; readonly pathId: number; readonly suspect: boolean }
  | {
      readonly type: 'path_closed';
      readonly pathId: number;
      readonly by: 'local' | 'peer';
      readonly code: number;
    }
  /** The limits now allow another `openPath` after it returned undefined. */
  | { readonly type: 'path_available' }
  | { readonly type: 'key_updated'; readonly keyPhase: number; readonly by: 'local' | 'peer' }
  /** First of closing or draining; `closed` follows. */
  | { readonly type: 'closing'; readonly reason: CloseReason }
  /** Last event: all state may be dropped. */
  | { readonly type: 'closed'; readonly reason: CloseReason };

/** Datagrams that came together. Lent, octets included: they serve those that come next, unless they are {@link keep | kept}. */
export interface DatagramBatch {
  /** How many. */
  readonly length: number;
  /** Whether they came as 0-RTT data, which may be a copy. RFC 9001 §9.2 */
  readonly early: boolean;
  /**
   * Datagram `index`, from 0 on, or what follows its first `from` octets. Where that is not needed as a view,
   * {@link octets} make no object.
   */
  at(index: number, from?: number): Uint8Array;
  /** Memory that holds them, each from {@link startOf} on. */
  readonly octets: Uint8Array;
  startOf(index: number): number;
  lengthOf(index: number): number;
  /** Leaves the octets to the callee: nothing is written over them. */
  keep(): void;
}

/** The fate of a datagram: `abandoned` where it was never sent. */
export type DatagramStatus = 'acknowledged' | 'lost' | 'abandoned';

export type StreamDirection = 'bidi' | 'uni';
