import type { TransportParams } from '@mpquic/endpoint';
import type { OurRole } from '../matrix.ts';

/**
 * A program that wraps a QUIC stack for the matrix, on 127.0.0.1. It prints one JSON object a line:
 *
 *     PROGRAM server --port P --cert FILE --key FILE --alpn NAME [--retry] [--key-update] [--early]
 *                    [--versions v1,v2]
 *     PROGRAM client --port P --ca FILE --cert FILE --alpn NAME --bytes N
 *                    [--connections N] [--datagrams N] [--key-update] [--migrate] [--early]
 *                    [--versions v2,v1 [--first-version v1]]
 *
 * Server: `listening`. Both, for each connection: `handshake` with `resumed`. Client: `retry` where one came
 * and the stack tells, at the end `done` with `ok`, `bytes` and `datagrams`; connections one after the
 * other, each resumes the one before, with `--early` by requests as 0-RTT data. `--versions` of QUIC, the
 * preferred one first, with which a client begins unless `--first-version` says otherwise. ALPN `perf`: eight octets of a length are answered with so many of a
 * pattern; `qpsk-echo`: streams and datagrams are echoed; `h3`: `GET /N` is answered with N octets, and
 * extended CONNECT with `:protocol` `datagram-echo` echoes its HTTP datagrams. `--cert` is the server's
 * certificate, for clients that pin it.
 */
export interface QuicPeer {
  /** The program and its first arguments. */
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it speaks nothing else, or in which cases: then cases of streams are cases of requests. */
  readonly onlyHttp3?: boolean | readonly string[];
  /** What our clients announce to it, where it does not keep to their ordinary limits. */
  readonly limits?: TransportParams;
  /** Cases that it cannot do, by our role, and why. */
  readonly lacks: Readonly<Partial<Record<OurRole, Readonly<Record<string, string>>>>>;
}

/** The application protocol of a case that asks for none. */
export function usualAlpn({ onlyHttp3 = false }: QuicPeer, name: string): PeerAlpn {
  const http3 = typeof onlyHttp3 === 'boolean' ? onlyHttp3 : onlyHttp3.includes(name);
  return http3 ? 'h3' : 'perf';
}

export type PeerAlpn = 'perf' | 'qpsk-echo' | 'h3';

/** The `:protocol` of the cases with HTTP datagrams. */
export const DATAGRAM_ECHO = 'datagram-echo';
