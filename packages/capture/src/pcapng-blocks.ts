/** Block types and option codes of pcapng. draft-ietf-opsawg-pcapng §4 */
export const Block = {
  sectionHeader: 0x0a0d_0d0a,
  interfaceDescription: 1,
  /** Obsolete, yet still met. */
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
  decryptionSecrets: 0x0a,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
/** Secrets that are a TLS key log: "TLSK". */
export const TLS_KEY_LOG = 0x544c_534b;

export const Option = {
  end: 0,
  comment: 1,
  interfaceName: 2,
  interfaceDescription: 3,
  userApplication: 4,
  timestampResolution: 9,
  timestampOffset: 14,
} as const;

/** Everything in a block starts at a multiple of four octets. */
export function paddedLength(length: number): number {
  return (length + 3) & ~3;
}
