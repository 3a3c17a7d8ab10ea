import { type CryptoProvider, HASH_LENGTH, type HashName } from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { CIPHER_SUITES, type CipherSuite } from '../cipher-suites.ts';
import { type ExternalPsk, TlsAlert } from '../handshake.ts';
import { EarlyKeySchedule } from '../key-schedule.ts';
import type { OfferedPsks, PskIdentity } from '../messages/pre-shared-key.ts';
import type { TicketState } from '../ticket-state.ts';
import { createPskSchedule, importedHash, namedHash } from '../wire-psk.ts';

/** What an identity turned out to name. */
export type FoundPsk =
  | { readonly type: 'external'; readonly psk: ExternalPsk }
  | { readonly type: 'ticket'; readonly state: TicketState };

/** The PSK that a server goes on with. */
export interface SelectedPsk {
  /** Its place among the identities of the ClientHello that was read last. */
  readonly index: number;
  /** As on the wire. */
  readonly offer: PskIdentity;
  readonly suite: CipherSuite;
  readonly schedule: EarlyKeySchedule;
  readonly found: FoundPsk;
}

/**
 * The first suite in the server's order for which there is a PSK, and the client's first PSK for it;
 * undefined where no identity names a PSK that a common suite can use. RFC 9846 §4.3.11
 */
export function selectPsk(
  crypto: CryptoProvider,
  suites: readonly CipherSuite[],
  offered: OfferedPsks,
  found: readonly (FoundPsk | undefined)[],
): SelectedPsk | undefined {
  const hashes = offered.identities.map(({ identity }, i) => hashOf(found[i], identity));
  for (const suite of suites) {
    const index = hashes.indexOf(suite.hash);
    const psk = found[index];
    const offer = offered.identities[index];
    if (psk === undefined || offer === undefined) continue;
    const { hash } = suite;
    const schedule =
      psk.type === 'ticket'
        ? EarlyKeySchedule.fromPsk(crypto, hash, 'resumptionPsk', psk.state.key)
        : createPskSchedule(crypto, psk.psk, { identity: offer.identity, hash });
    wipeTickets(found);
    return { index, offer, suite, schedule, found: psk };
  }
  wipeTickets(found);
  return undefined;
}

function wipeTickets(found: readonly (FoundPsk | undefined)[]): void {
  for (const psk of found) if (psk?.type === 'ticket') wipe(psk.state.key);
}

function hashOf(found: FoundPsk | undefined, identity: Uint8Array): HashName | undefined {
  if (found === undefined) return undefined;
  if (found.type === 'external') return namedHash(found.psk, identity);
  return Object.values(CIPHER_SUITES).find(({ code }) => code === found.state.cipherSuite)?.hash;
}

/** @throws {TlsAlert} decrypt_error where the binder does not fit the hash of what it binds to */
export function verifyBinder(
  crypto: CryptoProvider,
  schedule: EarlyKeySchedule,
  binder: Uint8Array,
  transcriptHash: Uint8Array,
): void {
  const due = schedule.binder(transcriptHash);
  if (!crypto.equal(due, binder)) {
    throw new TlsAlert(Alert.decrypt_error, 'no PSK whose binder verifies');
  }
}

/**
 * What happens where no PSK is known: the same work, and the same alert, as for a wrong binder, so
 * that nobody learns which identities exist. RFC 9846 §E.6
 * @param hashTruncated Transcript-Hash up to and with the ClientHello without its binders
 */
export function refuseUnknownPsk(
  crypto: CryptoProvider,
  suites: readonly CipherSuite[],
  offered: OfferedPsks,
  hashTruncated: (hash: HashName) => Uint8Array,
): never {
  const { identity } = offered.identities[0] as PskIdentity;
  const imported = importedHash(identity);
  const suite = suites.find(({ hash }) => hash === imported) ?? (suites[0] as CipherSuite);
  const { hash } = suite;
  const mode = imported === undefined ? 'raw' : 'imported';
  const key = crypto.random.fill(new Uint8Array(HASH_LENGTH[hash]));
  const schedule = createPskSchedule(crypto, { identity, key, hash, mode }, { identity, hash });
  try {
    verifyBinder(crypto, schedule, offered.binders[0] as Uint8Array, hashTruncated(hash));
  } finally {
    schedule.wipe();
  }
  // The binder of a random key verifies by a chance of 2^-256.
  throw new TlsAlert(Alert.decrypt_error, 'no PSK whose binder verifies');
}
