/** A server that gives tickets, with a clock to turn, and its clients. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider as crypto, type ServerCertificate } from '@mpquic/crypto';
import { toHex, utf8 } from '@mpquic/wire';
import {
  type ClientHandshakeParameters,
  SealingKeys,
  type ServerHandshakeParameters,
  type SessionTicket,
  type TicketPolicy,
} from '../src/index.ts';
import { serverCertificate, testTrust } from './certificates.ts';
import { Pair } from './pair.ts';

/** In milliseconds. */
export const HOUR: number = 3600 * 1000;
/** What the servers of these tests show. */
export const certificate: ServerCertificate = serverCertificate();

/** A server's tickets, with a clock to turn. */
export class TicketServer {
  now: number = Date.UTC(2030, 0, 1);
  readonly used: Set<string> = new Set();
  readonly keys: SealingKeys = new SealingKeys({ crypto, currentTime: () => this.now });

  policy(changes: Partial<TicketPolicy> = {}): TicketPolicy {
    return { keys: this.keys, ...changes };
  }

  /** A policy that allows 0-RTT. */
  earlyPolicy(settings = 'settings'): TicketPolicy {
    return this.policy({
      earlyData: {
        settings: utf8(settings),
        firstUse: (ticket) =>
          !this.used.has(toHex(ticket)) && this.used.add(toHex(ticket)) !== undefined,
      },
    });
  }

  pair(
    client: Partial<ClientHandshakeParameters> = {},
    server: Partial<ServerHandshakeParameters> = {},
  ): Pair {
    return new Pair(
      { psks: [], trust: testTrust, serverName: 'upf.example', ...client },
      { certificate, tickets: this.policy(), ...server },
    );
  }

  /** The ticket of a first handshake. */
  ticket(tickets: TicketPolicy = this.policy()): SessionTicket {
    return ticketOf(this.pair({}, { tickets }).run());
  }
}

/** The ticket that a complete handshake brought. */
export function ticketOf(pair: Pair): SessionTicket {
  pair.assertComplete();
  const event = pair.client.events.find(({ type }) => type === 'session_ticket');
  assert.ok(event?.type === 'session_ticket', 'a ticket came');
  return event.ticket;
}
