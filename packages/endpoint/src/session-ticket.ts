import type { ConnectionEvent, QuicVersionName, ResumableConnection } from '@mpquic/quic';
import { CIPHER_SUITES } from '@mpquic/tls';
import { ByteReader, ByteWriter, fromUtf8, UnexpectedEnd, utf8 } from '@mpquic/wire';
import { invalidArgument } from './errors.ts';

/** Of this layout. */
const FORMAT = 2;

const VERSIONS: readonly QuicVersionName[] = ['v1', 'v2'];

/** A ticket, and what of its connection goes with it. */
export type ReceivedTicket = Omit<
  Extract<ConnectionEvent, { readonly type: 'session_ticket' }>,
  'type'
>;

/**
 * A ticket with the time of its receipt as octets, as node:quic hands tickets out. They hold a key: who
 * has them can resume the session.
 * @param received milliseconds since 1970
 */
export function encodeSessionTicket(
  { ticket, version, parameters }: ReceivedTicket,
  received: number,
): Uint8Array {
  const { cipherSuite, identity, key, lifetime, ageAdd, maxEarlyDataSize } = ticket;
  return new ByteWriter()
    .uint8(FORMAT)
    .uint8(VERSIONS.indexOf(version))
    .vector(2, (content) => content.bytes(parameters))
    .uint64(BigInt(received))
    .uint32(lifetime)
    .uint32(ageAdd)
    .uint32(maxEarlyDataSize)
    .vector(1, (content) => content.bytes(utf8(cipherSuite)))
    .vector(1, (content) => content.bytes(utf8(ticket.alpn)))
    .vector(2, (content) => content.bytes(utf8(ticket.serverName ?? '')))
    .vector(1, (content) => content.bytes(key))
    .vector(2, (content) => content.bytes(identity))
    .finish();
}

/**
 * The session that the octets of {@link encodeSessionTicket} resume at `now`, in milliseconds since 1970.
 * @throws {QuicError} `ERR_INVALID_ARG_VALUE` on other octets
 */
export function decodeSessionTicket(octets: Uint8Array, now: number): ResumableConnection {
  const reader = new ByteReader(octets);
  try {
    if (reader.uint8() !== FORMAT) throw notOurs();
    const version = VERSIONS[reader.uint8()];
    if (version === undefined) throw notOurs();
    const parameters = reader.bytes(reader.uint16()).slice();
    const received = Number(reader.uint64());
    const numbers = {
      lifetime: reader.uint32(),
      ageAdd: reader.uint32(),
      maxEarlyDataSize: reader.uint32(),
    };
    const suite = fromUtf8(reader.bytes(reader.uint8()));
    const cipherSuite = Object.values(CIPHER_SUITES).find(({ name }) => name === suite)?.name;
    if (cipherSuite === undefined) throw notOurs();
    const alpn = fromUtf8(reader.bytes(reader.uint8()));
    const serverName = fromUtf8(reader.bytes(reader.uint16())) || undefined;
    const key = reader.bytes(reader.uint8()).slice();
    const identity = reader.bytes(reader.uint16()).slice();
    if (reader.remaining > 0) throw notOurs();
    const ticket = { ...numbers, cipherSuite, alpn, serverName, key, identity };
    return { ticket, version, parameters, age: Math.max(0, now - received) };
  } catch (error) {
    if (error instanceof UnexpectedEnd) throw notOurs();
    throw error;
  }
}

function notOurs(): Error {
  return invalidArgument('options.sessionTicket is not what onsessionticket gave');
}

/** A token of NEW_TOKEN with the version of QUIC that it serves, as octets. RFC 9369 §5 */
export function encodeAddressToken(token: Uint8Array, version: QuicVersionName): Uint8Array {
  return new ByteWriter().uint8(VERSIONS.indexOf(version)).bytes(token).finish();
}

/** @throws {QuicError} `ERR_INVALID_ARG_VALUE` on what {@link encodeAddressToken} did not make */
export function decodeAddressToken(octets: Uint8Array): {
  readonly token: Uint8Array;
  readonly tokenVersion: QuicVersionName;
} {
  const tokenVersion = VERSIONS[octets[0] ?? VERSIONS.length];
  if (tokenVersion === undefined) {
    throw invalidArgument('options.token is not what onnewtoken gave');
  }
  return { token: octets.subarray(1), tokenVersion };
}
