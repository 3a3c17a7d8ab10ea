/**
 * A program that wraps a WebTransport stack for the matrix, on 127.0.0.1. It prints one JSON object a line:
 *
 *     PROGRAM server --port P --cert FILE --key FILE --alpn h3
 *     PROGRAM client --port P --ca FILE --cert FILE --alpn h3 --case NAME [--bytes N] [--datagrams N] [--draft-07]
 *
 * Server: `listening`; it echoes bidirectional streams, unidirectional ones by one of its own, and datagrams. In
 * `/streams` it opens a bidirectional stream with a greeting too, and tells `greeted` when that came back; it closes
 * `/bye` with 77 and "bye". It tells `reset` and `stopped` with the application's code, and `session_closed` with
 * code and reason. Client: each case opens a session of its path (`refused`: of one that is not there) and ends with
 * `done`, whose `ok` says whether everything was as it should be.
 */
export interface WebTransportPeer {
  /** The program and its first arguments. */
  readonly command: readonly [string, ...string[]];
  /** Why its client does not speak draft-07, beside draft-02; absent where it does. */
  readonly lacksDraft07?: string;
}

/** What the server says on the stream that it opens in `/streams`. */
export const GREETING = 'from the server';
/** What the server says on a stream of its own once it has heard of a reset and a stop. */
export const HEARD = 'heard';
/** Codes and reasons of the cases that close something. */
export const CODES = {
  reset: 42,
  stop: 43,
  close: { code: 4242, reason: 'that is all' },
  bye: { code: 77, reason: 'bye' },
} as const;
