/** The PSK importer: from an external PSK, one TLS PSK per KDF. RFC 9258 §5 */
import {
  type CryptoProvider,
  HASH_LENGTH,
  type HashName,
  hkdfExpandLabel,
  hkdfExtract,
} from '@mpquic/crypto';
import { ByteReader, ByteWriter, UnexpectedEnd, wipe } from '@mpquic/wire';
import type { ExternalPsk } from './handshake.ts';
import { TLS_1_3 } from './versions.ts';

/** RFC 9258 §5.1 */
export interface ImportedIdentity {
  /** 1 to 65535 octets. */
  readonly externalIdentity: Uint8Array;
  /** 0 to 65535 octets. */
  readonly context: Uint8Array;
  /** 0x0304 for TLS 1.3, and so for QUIC v1 and v2. */
  readonly targetProtocol: number;
  /** 1 for HKDF_SHA256, 2 for HKDF_SHA384. */
  readonly targetKdf: number;
}

/** KDF identifiers. RFC 9258 §10 */
export const KDF_CODES: { readonly [Hash in HashName]: number } = { sha256: 1, sha384: 2 };

/** The serialized ImportedIdentity for TLS 1.3, which is the identity on the wire. */
export function encodeImportedIdentity(psk: ExternalPsk, targetKdf: HashName): Uint8Array {
  return new ByteWriter(psk.identity.length + (psk.context?.length ?? 0) + 8)
    .vector(2, (content) => content.bytes(psk.identity))
    .vector(2, (content) => content.bytes(psk.context ?? NOTHING))
    .uint16(TLS_1_3)
    .uint16(KDF_CODES[targetKdf])
    .finish();
}

/** Undefined where the octets do not have the form of an ImportedIdentity. */
export function decodeImportedIdentity(identity: Uint8Array): ImportedIdentity | undefined {
  const reader = new ByteReader(identity);
  try {
    const externalIdentity = reader.bytes(reader.uint16());
    const context = reader.bytes(reader.uint16());
    const targetProtocol = reader.uint16();
    const targetKdf = reader.uint16();
    if (reader.remaining > 0 || externalIdentity.length === 0) return undefined;
    return { externalIdentity, context, targetProtocol, targetKdf };
  } catch (error) {
    if (error instanceof UnexpectedEnd) return undefined;
    throw error;
  }
}

/** The imported PSK (ipskx), as long as the hash of its KDF. RFC 9258 §5.1 */
export function importPsk(
  crypto: CryptoProvider,
  psk: ExternalPsk,
  importedIdentity: Uint8Array,
  targetKdf: HashName,
): Uint8Array {
  const { hash } = psk;
  const extracted = hkdfExtract(crypto, hash, new Uint8Array(HASH_LENGTH[hash]), psk.key);
  const identityHash = crypto.hash(hash, importedIdentity);
  const length = HASH_LENGTH[targetKdf];
  const imported = hkdfExpandLabel(crypto, hash, extracted, 'derived psk', identityHash, length);
  wipe(extracted);
  return imported;
}

const NOTHING = new Uint8Array(0);
