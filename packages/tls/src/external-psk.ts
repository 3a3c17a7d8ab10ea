import { HASH_LENGTH } from '@mpquic/crypto';
import { UsageError } from '@mpquic/wire';
import type { ExternalPsk } from './handshake.ts';

/** Shorter PSKs are refused. RFC 9257 §6 */
export const MIN_PSK_LENGTH = 16;

/**
 * Refuses a PSK that no handshake may use; called wherever PSKs come in from configuration.
 * @throws {UsageError} which names the rule, never the key
 */
export function checkExternalPsk(psk: ExternalPsk): void {
  const { identity, key, hash, mode, context } = psk;
  if (key.length < MIN_PSK_LENGTH) {
    throw new UsageError(`a PSK has at least ${MIN_PSK_LENGTH} octets, this one ${key.length}`);
  }
  if (isWiped(key)) throw new UsageError('a PSK of zeros only: it was released, or never set');
  if (identity.length < 1 || identity.length > 0xffff) {
    throw new UsageError(`a PSK identity has 1 to 65535 octets, this one ${identity.length}`);
  }
  if (HASH_LENGTH[hash] === undefined) {
    throw new UsageError(`a PSK has the hash sha256 or sha384, not ${JSON.stringify(hash)}`);
  }
  if (mode !== 'raw' && mode !== 'imported') {
    throw new UsageError(`a PSK is raw or imported, not ${JSON.stringify(mode)}`);
  }
  if (context !== undefined && mode === 'raw') {
    throw new UsageError('only an imported PSK has a context');
  }
  // RFC 9258 §5.1: the whole ImportedIdentity is the identity on the wire.
  if (mode === 'imported' && identity.length + (context?.length ?? 0) + 8 > 0xffff) {
    throw new UsageError('identity and context of an imported PSK take more than 65527 octets');
  }
}

/** Whether its owner released the key, so that it must not be used any more. */
export function isWiped(key: Uint8Array): boolean {
  let any = 0;
  for (let i = 0; i < key.length; i++) any |= key[i] as number;
  return any === 0;
}
