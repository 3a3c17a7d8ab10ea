import { ByteReader, ByteWriter, fromUtf8, UnexpectedEnd, utf8 } from '@mpquic/wire';
import type { TicketPolicy } from './handshake.ts';

/** What a server seals into a ticket. RFC 9846 §4.7.1 */
export interface TicketState {
  /** Cipher suite code point. */
  readonly cipherSuite: number;
  /** The resumption PSK. */
  readonly key: Uint8Array;
  /** Milliseconds since 1970. */
  readonly issued: number;
  /** When the certificate was shown that all sessions behind it go back to. */
  readonly authenticated: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly ageAdd: number;
  readonly alpn: string;
  /** What must be unchanged for 0-RTT; undefined where the ticket does not allow it. */
  readonly earlyDataSettings: Uint8Array | undefined;
}

export function sealTicket(
  { keys, scope }: Pick<TicketPolicy, 'keys' | 'scope'>,
  state: TicketState,
): Uint8Array {
  const { earlyDataSettings: settings } = state;
  const writer = new ByteWriter(192)
    .uint8(FORMAT)
    .uint16(state.cipherSuite)
    .uint64(BigInt(state.issued))
    .uint64(BigInt(state.authenticated))
    .uint32(state.lifetime)
    .uint32(state.ageAdd)
    .vector(1, (content) => content.bytes(state.key))
    .vector(1, (content) => content.bytes(utf8(state.alpn)))
    .uint8(settings === undefined ? 0 : 1);
  if (settings !== undefined) writer.vector(2, (content) => content.bytes(settings));
  return keys.seal('ticket', writer.finish(), scope?.());
}

/** Undefined where it is no ticket of ours, of another scope, or its time is over. */
export function openTicket(
  { keys, scope }: Pick<TicketPolicy, 'keys' | 'scope'>,
  ticket: Uint8Array,
): TicketState | undefined {
  const content = keys.open('ticket', ticket, scope?.());
  if (content === undefined) return undefined;
  const state = readTicket(content);
  if (state === undefined) return undefined;
  const age = keys.currentTime() - state.issued;
  return age >= 0 && age <= state.lifetime * 1000 ? state : undefined;
}

function readTicket(content: Uint8Array): TicketState | undefined {
  const reader = new ByteReader(content);
  try {
    if (reader.uint8() !== FORMAT) return undefined;
    return {
      cipherSuite: reader.uint16(),
      issued: Number(reader.uint64()),
      authenticated: Number(reader.uint64()),
      lifetime: reader.uint32(),
      ageAdd: reader.uint32(),
      key: reader.bytes(reader.uint8()),
      alpn: fromUtf8(reader.bytes(reader.uint8())),
      earlyDataSettings: reader.uint8() === 0 ? undefined : reader.bytes(reader.uint16()),
    };
  } catch (error) {
    if (error instanceof UnexpectedEnd) return undefined;
    throw error;
  }
}

/** Of this layout; another program version's tickets are not read. */
const FORMAT = 1;
