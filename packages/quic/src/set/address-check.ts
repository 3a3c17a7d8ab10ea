import type { Datagram, Instant } from '@mpquic/wire';
import { destinationConnectionId, headerToken, type PacketHeader } from '../wire/packet-header.ts';
import { QUIC_V1 } from '../wire/versions.ts';
import { type AddressTokens, TokenKind } from './address-tokens.ts';

/** What a server makes of a client's first Initial and its token. RFC 9000 §8.1 */
export type AddressCheck =
  | {
      readonly result: 'accept';
      /** Destination Connection ID of the client's very first Initial. */
      readonly originalDestination: Uint8Array;
      /** Whether the client's address is known to be its own. */
      readonly addressValidated: boolean;
    }
  /** The client is to come again with a token. */
  | { readonly result: 'retry' }
  /** The client came back from a Retry, and would not take another one. RFC 9000 §8.1.3 */
  | { readonly result: 'invalid_token' };

/** Judges an Initial by its token; `required` asks every client for one. */
export function checkAddress(
  tokens: AddressTokens,
  header: PacketHeader,
  datagram: Datagram,
  required: boolean,
  now: Instant,
): AddressCheck {
  const token = headerToken(header);
  const { remote } = datagram;
  const { version = QUIC_V1 } = header;
  const destination = destinationConnectionId(header);
  if (token[0] === TokenKind.retry) {
    const originalDestination = tokens.checkRetry(token, remote, destination, version, now);
    if (originalDestination === undefined) return { result: 'invalid_token' };
    return { result: 'accept', originalDestination, addressValidated: true };
  }
  // RFC 9000 §8.1.3: a token that is not valid counts as none, unless it came from a Retry.
  const addressValidated = token.length > 0 && tokens.useNewToken(token, remote, version, now);
  if (required && !addressValidated) return { result: 'retry' };
  return { result: 'accept', originalDestination: destination.slice(), addressValidated };
}
