import { readUint32, wipe } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import type { TicketPolicy } from '../handshake.ts';
import type { HandshakeConfig } from '../handshake-config.ts';
import type { HandshakeOutput } from '../handshake-output.ts';
import { resumptionPsk } from '../key-schedule.ts';
import { encodeNewSessionTicket } from '../messages/new-session-ticket.ts';
import { sealTicket } from '../ticket-state.ts';

/** The session that a ticket lets resume. */
export interface TicketSession {
  readonly suite: CipherSuite;
  readonly alpn: string;
  /** Wiped here. */
  readonly resumptionSecret: Uint8Array;
  /** When the certificate was shown, in milliseconds since 1970. */
  readonly authenticated: number;
}

/** Sends one NewSessionTicket. RFC 9846 §4.7.1 */
export function issueTicket(
  { crypto, overQuic }: HandshakeConfig,
  output: HandshakeOutput,
  policy: TicketPolicy,
  { suite, alpn, resumptionSecret, authenticated }: TicketSession,
): void {
  const { lifetime: wanted = DEFAULT_LIFETIME, earlyData } = policy;
  const issued = policy.keys.currentTime();
  // Sessions that resume each other end a week after the certificate was shown.
  const left = MAX_LIFETIME - Math.ceil((issued - authenticated) / 1000);
  const lifetime = Math.min(wanted, left, MAX_LIFETIME);
  if (lifetime <= 0) {
    wipe(resumptionSecret);
    return;
  }
  const random = crypto.random.fill(new Uint8Array(12));
  const ageAdd = readUint32(random, 0);
  const nonce = random.subarray(4);
  const key = resumptionPsk(crypto, suite.hash, resumptionSecret, nonce);
  const ticket = sealTicket(policy, {
    cipherSuite: suite.code,
    key,
    issued,
    authenticated,
    lifetime,
    ageAdd,
    alpn,
    earlyDataSettings: earlyData?.settings,
  });
  wipe(key, resumptionSecret);
  // RFC 9001 §4.6.1: over QUIC the size says only whether there is 0-RTT at all.
  const maxEarlyDataSize = earlyData === undefined || !overQuic ? 0 : 0xffff_ffff;
  output.send(
    'application',
    encodeNewSessionTicket({ lifetime, ageAdd, nonce, ticket, maxEarlyDataSize }),
  );
}

/** Seconds. */
const DEFAULT_LIFETIME = 2 * 3600;
const MAX_LIFETIME = 7 * 24 * 3600;
