import type { CryptoProvider } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import { checkExternalPsk } from '../external-psk.ts';
import type { ExternalPsk, PskMode, ResumableSession } from '../handshake.ts';
import { EarlyKeySchedule } from '../key-schedule.ts';
import type { PskIdentity } from '../messages/pre-shared-key.ts';
import { createPskSchedule, pskIdentitiesOnWire } from '../wire-psk.ts';

/** One entry of the client's pre_shared_key. The key itself is not kept, only what follows from it. */
export interface OfferedPsk {
  readonly offer: PskIdentity;
  readonly schedule: EarlyKeySchedule;
  readonly origin: PskOrigin;
}

export type PskOrigin =
  | { readonly type: 'external'; readonly identity: Uint8Array; readonly mode: PskMode }
  | {
      readonly type: 'ticket';
      readonly cipherSuite: CipherSuite;
      readonly alpn: string;
      readonly maxEarlyDataSize: number;
    };

/**
 * The entries for these PSKs in their order: one each, and for imported ones one per hash that the
 * offered suites have.
 * @throws {UsageError} on a PSK that cannot be used, or that no offered suite can use
 */
export function offerPsks(
  crypto: CryptoProvider,
  psks: readonly ExternalPsk[],
  suites: readonly CipherSuite[],
): readonly OfferedPsk[] {
  const offered: OfferedPsk[] = [];
  for (const psk of psks) {
    checkExternalPsk(psk);
    const before = offered.length;
    const { mode } = psk;
    const origin: PskOrigin = { type: 'external', identity: psk.identity.slice(), mode };
    for (const wire of pskIdentitiesOnWire(psk)) {
      if (!suites.some(({ hash }) => hash === wire.hash)) continue;
      offered.push({
        // RFC 9846 §4.3.11: 0 for identities established externally.
        offer: { identity: wire.identity, obfuscatedTicketAge: 0 },
        schedule: createPskSchedule(crypto, psk, wire),
        origin,
      });
    }
    if (offered.length === before) {
      throw new UsageError(`a PSK of ${psk.hash} fits none of the configured cipher suites`);
    }
  }
  return offered;
}

/**
 * The entry of a session's ticket, or undefined where its time is over.
 * @throws {UsageError} where the session was with another server, or of a suite that is not offered
 */
export function offerTicket(
  crypto: CryptoProvider,
  { ticket, age }: ResumableSession,
  serverName: string | undefined,
  suites: readonly CipherSuite[],
): OfferedPsk | undefined {
  // RFC 9846 §4.7.1: only for the name that the certificate was good for.
  if (ticket.serverName !== serverName) throw new UsageError('a session with another server name');
  const cipherSuite = suites.find(({ name }) => name === ticket.cipherSuite);
  if (cipherSuite === undefined) throw new UsageError(`${ticket.cipherSuite} is not configured`);
  if (age > ticket.lifetime * 1000) return undefined;
  return {
    offer: {
      identity: ticket.identity,
      obfuscatedTicketAge: (Math.round(age) + ticket.ageAdd) >>> 0,
    },
    schedule: EarlyKeySchedule.fromPsk(crypto, cipherSuite.hash, 'resumptionPsk', ticket.key),
    origin: {
      type: 'ticket',
      cipherSuite,
      alpn: ticket.alpn,
      maxEarlyDataSize: ticket.maxEarlyDataSize,
    },
  };
}
