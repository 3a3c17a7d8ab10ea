import type { PathStatus } from '@mpquic/quic';
import type { PskStore } from '@mpquic/tls';
import type { Address, Instant } from '@mpquic/wire';
import type { QuicEndpoint } from './endpoint.ts';
import { QuicError } from './errors.ts';
import type { QuicSession } from './session.ts';
import type { StreamBody } from './stream-body.ts';

/** What sessions need of their endpoint; one object for all that one `listen` brings, and for those of one kind that it connects. */
export interface SessionHost {
  readonly endpoint: QuicEndpoint;
  readonly now: () => Instant;
  readonly psk?: PskStore | undefined;
  readonly preferredAddress?: 'use' | 'ignore' | undefined;
  readonly keyLog?: ((line: string) => void) | undefined;
  /** The connection's state is gone. */
  readonly released: (session: QuicSession) => void;
}

export interface CloseOptions {
  readonly code?: bigint | number | undefined;
  readonly type?: 'application' | 'transport' | undefined;
  readonly reason?: string | undefined;
}

export interface CreateStreamOptions {
  /** Sent as a whole; the stream ends behind it. */
  readonly body?: StreamBody | undefined;
  /** Octets that the writer keeps beyond what the connection takes. */
  readonly highWaterMark?: number | undefined;
}

export interface OpenPathOptions {
  /** Host or host:port of this side. A socket is bound to it where there is none. */
  readonly local: string | Address;
  /** The remote address of path 0 when absent. */
  readonly remote?: string | Address | undefined;
  readonly status?: PathStatus | undefined;
  /** Gives up waiting, and abandons the path. */
  readonly signal?: AbortSignal | undefined;
}

export interface MigrateOptions {
  /** Host or host:port of this side. A socket is bound to it where there is none. */
  readonly local: string | Address;
  /** The server's preferred address; where the path leads now when absent. */
  readonly remote?: string | Address | undefined;
  /** Default 0. */
  readonly pathId?: number | undefined;
}

/** How to close for `error`: with its code, or INTERNAL_ERROR for what is no {@link QuicError}. */
export function closeOptionsFor(error: unknown, options: CloseOptions): CloseOptions {
  if (error instanceof QuicError) return { code: error.errorCode, type: error.type, ...options };
  return error === undefined ? options : { code: INTERNAL_ERROR, type: 'transport', ...options };
}

/** RFC 9000 §20.1 */
const INTERNAL_ERROR = 1;
