import { equalBytes } from '@mpquic/wire';
import { CIPHER_SUITES } from '../cipher-suites.ts';
import type { ClientOffer } from './client-offer.ts';
import type { SelectedPsk } from './psk-selection.ts';
import type { ServerContext } from './server-context.ts';

/**
 * Whether 0-RTT is accepted: the first identity, a ticket that allows it, everything as it was, an age
 * that fits, and a ticket that comes for the first time. RFC 9846 §4.3.10, §8
 */
export function acceptsEarlyData(
  { tickets }: ServerContext,
  offer: ClientOffer,
  { index, offer: identity, suite, found }: SelectedPsk,
): boolean {
  const policy = tickets?.earlyData;
  if (policy === undefined || !offer.earlyData || index !== 0) return false;
  if (found.type !== 'ticket') return false;
  const { state } = found;
  const { cipherSuite, alpn, earlyDataSettings } = state;
  return (
    earlyDataSettings !== undefined &&
    equalBytes(earlyDataSettings, policy.settings) &&
    CIPHER_SUITES[suite.name].code === cipherSuite &&
    alpn === offer.alpn &&
    isFresh(
      (identity.obfuscatedTicketAge - state.ageAdd) >>> 0,
      (tickets?.keys.currentTime() ?? 0) - state.issued,
    ) &&
    policy.firstUse(identity.identity)
  );
}

/** RFC 9846 §8.3: both in milliseconds. */
function isFresh(claimedAge: number, age: number): boolean {
  return Math.abs(age - claimedAge) <= AGE_TOLERANCE;
}

/** Round trips and the drift of clocks. */
const AGE_TOLERANCE = 10_000;
