/** A PSK as the handshake uses it: its identities on the wire, and its early secret. */
import type { CryptoProvider, HashName } from '@mpquic/crypto';
import { equalBytes, wipe } from '@mpquic/wire';
import { isWiped } from './external-psk.ts';
import type { ExternalPsk } from './handshake.ts';
import { EarlyKeySchedule } from './key-schedule.ts';
import {
  decodeImportedIdentity,
  encodeImportedIdentity,
  importPsk,
  KDF_CODES,
} from './psk-importer.ts';
import { TLS_1_3 } from './versions.ts';

/** One identity under which a PSK may be offered, and the hash it is bound to there. */
export interface WireIdentity {
  readonly identity: Uint8Array;
  readonly hash: HashName;
}

/**
 * The identities that name this PSK in a ClientHello: its own, or for an imported PSK one
 * ImportedIdentity per KDF. By these a server finds it.
 */
export function pskIdentitiesOnWire(psk: ExternalPsk): readonly WireIdentity[] {
  if (psk.mode === 'raw') return [{ identity: psk.identity, hash: psk.hash }];
  return (Object.keys(KDF_CODES) as HashName[]).map((hash) => ({
    identity: encodeImportedIdentity(psk, hash),
    hash,
  }));
}

/**
 * The hash with which `identity` names this PSK, or undefined where it does not name it: the bytes
 * decide, whatever a store may have answered. A released PSK has no name.
 */
export function namedHash(psk: ExternalPsk, identity: Uint8Array): HashName | undefined {
  if (isWiped(psk.key)) return undefined;
  if (psk.mode === 'raw') return equalBytes(psk.identity, identity) ? psk.hash : undefined;
  return pskIdentitiesOnWire(psk).find((wire) => equalBytes(wire.identity, identity))?.hash;
}

/** The hash that an identity asks for by its form alone, or undefined where it is no import. */
export function importedHash(identity: Uint8Array): HashName | undefined {
  const imported = decodeImportedIdentity(identity);
  if (imported?.targetProtocol !== TLS_1_3) return undefined;
  return (Object.keys(KDF_CODES) as HashName[]).find(
    (hash) => KDF_CODES[hash] === imported.targetKdf,
  );
}

/** The schedule of a PSK that `identity` names on the wire with `hash`; no key is kept but in it. */
export function createPskSchedule(
  crypto: CryptoProvider,
  psk: ExternalPsk,
  { identity, hash }: WireIdentity,
): EarlyKeySchedule {
  if (psk.mode === 'raw') return EarlyKeySchedule.fromPsk(crypto, hash, 'externalPsk', psk.key);
  const imported = importPsk(crypto, psk, identity, hash);
  const schedule = EarlyKeySchedule.fromPsk(crypto, hash, 'importedPsk', imported);
  wipe(imported);
  return schedule;
}
