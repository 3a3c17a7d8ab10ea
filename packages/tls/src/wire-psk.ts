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

/** The early secret of a PSK, and the key of its binder. */
export interface PskSchedule {
  readonly hash: HashName;
  readonly early: EarlyKeySchedule;
  /** The key of the binder's HMAC. */
  readonly binderKey: Uint8Array;
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
): PskSchedule {
  if (psk.mode === 'raw') {
    const early = new EarlyKeySchedule(crypto, hash, psk.key);
    return { hash, early, binderKey: early.binderFinishedKey('ext binder') };
  }
  const imported = importPsk(crypto, psk, identity, hash);
  const early = new EarlyKeySchedule(crypto, hash, imported);
  wipe(imported);
  return { hash, early, binderKey: early.binderFinishedKey('imp binder') };
}

/** The schedule of a session's ticket. RFC 9846 §4.7.1 */
export function createTicketSchedule(
  crypto: CryptoProvider,
  hash: HashName,
  key: Uint8Array,
): PskSchedule {
  const early = new EarlyKeySchedule(crypto, hash, key);
  return { hash, early, binderKey: early.binderFinishedKey('res binder') };
}

export function wipePskSchedule(schedule: PskSchedule): void {
  schedule.early.wipe();
  wipe(schedule.binderKey);
}
