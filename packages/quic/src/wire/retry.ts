import type { CryptoProvider } from '@mpquic/crypto';
import { longFirstOctet, writeLongHeaderIds } from './header-writer.ts';
import { headerToken, type PacketHeader, RETRY_TAG_LENGTH } from './packet-header.ts';
import type { QuicVersion } from './versions.ts';

/**
 * Writes a Retry packet and returns the offset behind it. RFC 9000 §17.2.5
 * @param original the destination connection ID of the Initial that it answers
 */
export function writeRetry(
  crypto: CryptoProvider,
  into: Uint8Array,
  offset: number,
  version: QuicVersion,
  destination: Uint8Array,
  source: Uint8Array,
  original: Uint8Array,
  token: Uint8Array,
): number {
  into[offset] = longFirstOctet(version, 'retry');
  const at = writeLongHeaderIds(into, offset, version.number, destination, source);
  into.set(token, at);
  const end = at + token.length;
  into.set(retryIntegrityTag(crypto, version, original, into.subarray(offset, end)), end);
  return end + RETRY_TAG_LENGTH;
}

/** Whether a Retry packet's tag is right and its token not empty: otherwise it is discarded. RFC 9000 §17.2.5.2 */
export function verifyRetry(
  crypto: CryptoProvider,
  header: PacketHeader,
  version: QuicVersion,
  original: Uint8Array,
): boolean {
  if (headerToken(header).length === 0) return false;
  const { buffer, start, end } = header;
  const tag = buffer.subarray(end - RETRY_TAG_LENGTH, end);
  const pseudo = buffer.subarray(start, end - RETRY_TAG_LENGTH);
  return crypto.equal(tag, retryIntegrityTag(crypto, version, original, pseudo));
}

/** The tag over a Retry packet without its tag. RFC 9001 §5.8, RFC 9369 §3.3.3 */
function retryIntegrityTag(
  crypto: CryptoProvider,
  version: QuicVersion,
  original: Uint8Array,
  packet: Uint8Array,
): Uint8Array {
  const pseudoPacket = new Uint8Array(1 + original.length + packet.length);
  pseudoPacket[0] = original.length;
  pseudoPacket.set(original, 1);
  pseudoPacket.set(packet, 1 + original.length);
  const { retryKey, retryNonce } = version;
  return crypto.aeadSeal('aes-128-gcm', retryKey, retryNonce, pseudoPacket, new Uint8Array());
}
