import type { CryptoProvider, HashName } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import { checkExternalPsk } from '../external-psk.ts';
import type { ExternalPsk, PskMode } from '../handshake.ts';
import type { PskIdentity } from '../messages/pre-shared-key.ts';
import { createPskSchedule, type PskSchedule, pskIdentitiesOnWire } from '../wire-psk.ts';

/** One entry of the client's pre_shared_key. The key itself is not kept, only what follows from it. */
export interface OfferedPsk {
  readonly offer: PskIdentity;
  readonly schedule: PskSchedule;
  readonly external: { readonly identity: Uint8Array; readonly mode: PskMode };
}

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
    const external = { identity: psk.identity.slice(), mode: psk.mode };
    return usable.map((wire) => ({
      // RFC 9846 §4.3.11: 0 for identities established externally.
      offer: { identity: wire.identity, obfuscatedTicketAge: 0 },
      schedule: createPskSchedule(crypto, psk, wire),
      external,
    }));
  });
}
