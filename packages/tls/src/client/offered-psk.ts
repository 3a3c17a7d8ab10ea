import type { CryptoProvider, HashName } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import { checkExternalPsk } from '../external-psk.ts';
import type { ExternalPsk, PskMode, ResumableSession } from '../handshake.ts';
import type { PskIdentity } from '../messages/pre-shared-key.ts';
import {
  createPskSchedule,
  createTicketSchedule,
  type PskSchedule,
  pskIdentitiesOnWire,
} from '../wire-psk.ts';

/** One entry of the client's pre_shared_key. The key itself is not kept, only what follows from it. */
export interface OfferedPsk {
  readonly offer: PskIdentity;
  readonly schedule: PskSchedule;
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
  const hashes = new Set<HashName>(suites.map((suite) => suite.hash));
  return psks.flatMap((psk) => {
    checkExternalPsk(psk);
    const usable = pskIdentitiesOnWire(psk).filter(({ hash }) => hashes.has(hash));
    if (usable.length === 0) {
      throw new UsageError(`a PSK of ${psk.hash} fits none of the configured cipher suites`);
    }
    const origin: PskOrigin = {
      type: 'external',
      identity: psk.identity.slice(),
      mode: psk.mode,
    };
    return usable.map((wire) => ({
      // RFC 9846 §4.3.11: 0 for identities established externally.
      offer: { identity: wire.identity, obfuscatedTicketAge: 0 },
      schedule: createPskSchedule(crypto, psk, wire),
      origin,
    }));
  });
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
    schedule: createTicketSchedule(crypto, cipherSuite.hash, ticket.key),
    origin: {
      type: 'ticket',
      cipherSuite,
      alpn: ticket.alpn,
      maxEarlyDataSize: ticket.maxEarlyDataSize,
    },
  };
}
