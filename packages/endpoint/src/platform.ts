import { type CryptoProvider, nodeCryptoProvider } from '@mpquic/crypto';
import { nativeCryptoProvider, openNativeSocket } from '@mpquic/native';
import type { OpenDatagramSocket } from './datagram-socket.ts';
import { openDgramSocket } from './dgram-socket.ts';

/** The fastest sockets there are: those of the addon, where it was built, or node:dgram. */
export const openFastestSocket: OpenDatagramSocket = openNativeSocket ?? openDgramSocket;

/** The fastest cryptography there is, likewise. */
export const fastestCrypto: CryptoProvider = nativeCryptoProvider() ?? nodeCryptoProvider;
