import { type CryptoProvider, HASH_LENGTH } from '@mpquic/crypto';
import { Alert } from '../alert.ts';
import type { CipherSuite } from '../cipher-suites.ts';
import { type ExternalPsk, type HandshakeSummary, TlsAlert } from '../handshake.ts';
import type { OfferedPsks } from '../messages/pre-shared-key.ts';
import {
  createPskSchedule,
  importedHash,
  namedHash,
  type PskSchedule,
  wipePskSchedule,
} from '../wire-psk.ts';

/** The PSK that a server goes on with. */
export interface SelectedPsk {
  /** Its place among the identities of the ClientHello that was read last. */
  readonly index: number;
  /** As on the wire. */
  readonly identity: Uint8Array;
  readonly suite: CipherSuite;
  readonly schedule: PskSchedule;
  readonly external: NonNullable<HandshakeSummary['psk']>;
}

/**
 * The first suite in the server's order for which there is a PSK, and the client's first PSK for it;
 * undefined where no identity names a PSK that a common suite can use. RFC 9846 §4.3.11
 */
export function selectPsk(
  crypto: CryptoProvider,
  suites: readonly CipherSuite[],
  offered: OfferedPsks,
  found: readonly (ExternalPsk | undefined)[],
): SelectedPsk | undefined {
  const hashes = offered.identities.map(({ identity }, i) => {
    const psk = found[i];
    return psk && namedHash(psk, identity);
  });
  for (const suite of suites) {
    const index = hashes.indexOf(suite.hash);
    const psk = found[index];
    if (psk === undefined) continue;
    const identity = (offered.identities[index] as { identity: Uint8Array }).identity;
    return {
      index,
      identity,
      suite,
      schedule: createPskSchedule(crypto, psk, { identity, hash: suite.hash }),
      external: { identity: psk.identity.slice(), mode: psk.mode },
    };
  }
  return undefined;
}

/** @throws {TlsAlert} decrypt_error where the binder does not fit the hash of what it binds to */
export function verifyBinder(
  crypto: CryptoProvider,
  schedule: PskSchedule,
  binder: Uint8Array,
  transcriptHash: Uint8Array,
): void {
  const due = crypto.hmac(schedule.hash, schedule.binderKey, transcriptHash);
  if (!crypto.equal(due, binder)) {
    throw new TlsAlert(Alert.decrypt_error, 'no PSK whose binder verifies');
  }
}

/**
 * What happens where no PSK is known: the same work, and the same alert, as for a wrong binder, so
 * that nobody learns which identities exist. RFC 9846 §E.6
 */
export function refuseUnknownPsk(
  crypto: CryptoProvider,
  suites: readonly CipherSuite[],
  offered: OfferedPsks,
  truncatedHello: Uint8Array,
): never {
  const { identity } = offered.identities[0] as { identity: Uint8Array };
  const imported = importedHash(identity);
  const suite = suites.find(({ hash }) => hash === imported) ?? (suites[0] as CipherSuite);
  const { hash } = suite;
  const mode = imported === undefined ? 'raw' : 'imported';
  const key = crypto.random.fill(new Uint8Array(HASH_LENGTH[hash]));
  const schedule = createPskSchedule(crypto, { identity, key, hash, mode }, { identity, hash });
  try {
    verifyBinder(
      crypto,
      schedule,
      offered.binders[0] as Uint8Array,
      crypto.hash(hash, truncatedHello),
    );
  } finally {
    wipePskSchedule(schedule);
  }
  // The binder of a random key verifies by a chance of 2^-256.
  throw new TlsAlert(Alert.decrypt_error, 'no PSK whose binder verifies');
}
