export {
  CertificateRejected,
  type CertificateRejection,
  type CertificateVerifier,
  type ServerCertificate,
  type SigningKey,
} from './certificates.ts';
export { createHeaderProtection, type HeaderProtection } from './header-protection.ts';
export { hkdfExpand, hkdfExpandLabel, hkdfExtract } from './hkdf.ts';
export { KeptHash } from './kept-hash.ts';
export { advanceKeySchedule, EMPTY_HASH, finishedMac, ZEROS } from './key-schedule.ts';
export { nobleCryptoProvider } from './noble-provider.ts';
export { nodeCryptoProvider } from './node-provider.ts';
export { derivePacketKeys } from './packet-key-derivation.ts';
export { readPemCertificates } from './pem.ts';
export {
  AEAD_IV_LENGTH,
  AEAD_KEY_LENGTH,
  AEAD_TAG_LENGTH,
  type AeadName,
  type CryptoProvider,
  type GroupName,
  HASH_LENGTH,
  type HashName,
  InvalidKeyShare,
  KEY_SCHEDULE_STEPS,
  type KeyScheduleStep,
  type KeyShare,
  OTHER_KEY_PHASE,
  type PacketKeyDerivation,
  type PacketKeys,
  type PacketOpener,
  type PacketSealer,
  PIECE_ROW_LENGTH,
  PieceColumn,
  type RunningHash,
  SEAL_ROW_LENGTH,
  SealColumn,
  type SignatureScheme,
} from './provider.ts';
export { loadServerCertificate } from './server-certificate.ts';
export {
  createX509Verifier,
  insecureVerifier,
  type X509VerifierOptions,
} from './x509-verifier.ts';
