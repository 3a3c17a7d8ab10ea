import type { CryptoProvider } from '@mpquic/crypto';

/** The part of a {@link CryptoProvider} that the 3GPP key hierarchy uses. */
export type KeyCrypto = Pick<
  CryptoProvider,
  'hash' | 'hmac' | 'equal' | 'aesEncryptBlock' | 'aesCtr'
>;
