import { type CryptoProvider, nodeCryptoProvider } from '@mpquic/crypto';
import { nativeCryptoProvider } from '@mpquic/native';

/** What simulations encrypt with, ten thousands of packets each: the addon where there is one. The octets are the same. */
export const simulationCrypto: CryptoProvider = nativeCryptoProvider() ?? nodeCryptoProvider;
