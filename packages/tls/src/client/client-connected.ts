import type { CryptoProvider } from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import type { HandshakeOutput } from '../handshake-output.ts';
import { resumptionPsk } from '../key-schedule.ts';
import { decodeBody, type HandshakeMessage, MessageType } from '../messages/message.ts';
import { type NewSessionTicket, readNewSessionTicket } from '../messages/new-session-ticket.ts';
import { ProtocolViolation } from '../protocol-violation.ts';

/** The session that tickets let resume. */
export interface ResumableByTicket {
  readonly crypto: CryptoProvider;
  readonly output: HandshakeOutput;
  readonly suite: CipherSuite;
  readonly alpn: string;
  readonly serverName: string | undefined;
  /** Wiped with the state. */
  readonly resumptionSecret: Uint8Array;
}

/**
 * The handshake is complete. Of what may follow, only NewSessionTicket belongs to TLS; KeyUpdate is
 * QUIC's own (RFC 9001 §6) and nothing else was asked for. It lives as long as the connection, and so keeps nothing of
 * the handshake but what a ticket needs.
 */
export class ClientConnected implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'application';
  readonly #overQuic: boolean;
  readonly #session: ResumableByTicket | undefined;
  #ticketsLeft = MAX_TICKETS;

  /** @param session undefined where tickets are ignored */
  constructor(overQuic: boolean, session: ResumableByTicket | undefined) {
    this.#overQuic = overQuic;
    this.#session = session;
  }

  handle(message: HandshakeMessage): ReadingState {
    if (this.#overQuic && message.type === MessageType.certificate_request) {
      throw new ProtocolViolation('a CertificateRequest after the handshake (RFC 9001 §4.4)');
    }
    if (message.type !== MessageType.new_session_ticket) {
      throw unexpectedMessage(message, 'nothing but NewSessionTicket');
    }
    const ticket = decodeBody(message, readNewSessionTicket);
    const { maxEarlyDataSize } = ticket;
    if (this.#overQuic && maxEarlyDataSize !== 0 && maxEarlyDataSize !== 0xffff_ffff) {
      throw new ProtocolViolation('a limit of early data that is not QUIC (RFC 9001 §4.6.1)');
    }
    // A lifetime of 0 says that the ticket is to be discarded.
    if (this.#session !== undefined && ticket.lifetime > 0 && this.#ticketsLeft > 0) {
      this.#ticketsLeft--;
      this.#keep(this.#session, ticket);
    }
    return this;
  }

  wipe(): void {
    if (this.#session !== undefined) wipe(this.#session.resumptionSecret);
  }

  #keep(session: ResumableByTicket, ticket: NewSessionTicket): void {
    const { crypto, output, suite, alpn, serverName, resumptionSecret } = session;
    output.sessionTicket({
      identity: ticket.ticket.slice(),
      key: resumptionPsk(crypto, suite.hash, resumptionSecret, ticket.nonce),
      cipherSuite: suite.name,
      lifetime: Math.min(ticket.lifetime, MAX_LIFETIME),
      ageAdd: ticket.ageAdd,
      alpn,
      serverName,
      maxEarlyDataSize: ticket.maxEarlyDataSize,
    });
  }
}

/** More of one connection are of no use. */
const MAX_TICKETS = 16;

/** Seconds. RFC 9846 §4.7.1 */
const MAX_LIFETIME = 7 * 24 * 3600;
