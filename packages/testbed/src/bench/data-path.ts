import { type CryptoProvider, nodeCryptoProvider } from '@mpquic/crypto';
import { type OpenDatagramSocket, openDgramSocket } from '@mpquic/endpoint';
import { nativeCryptoProvider, nativeStatus, openNativeSocket } from '@mpquic/native';

/** Sockets and cryptography below the stack. */
export interface DataPath {
  readonly crypto: CryptoProvider;
  readonly openSocket: OpenDatagramSocket;
}

export type DataPathName = 'fallback' | 'native';

/** node:dgram and node:crypto, which every Node.js has. */
const fallback: DataPath = { crypto: nodeCryptoProvider, openSocket: openDgramSocket };

/** Why a data path cannot be used here; undefined where it can. */
export function whyNot(name: DataPathName): string | undefined {
  if (name === 'fallback' || nativeStatus.available) return undefined;
  return `native sockets and protection are not available: ${nativeStatus.reason}`;
}

/** @throws where it cannot be used */
export function requireDataPath(name: DataPathName): DataPath {
  if (name === 'fallback') return fallback;
  const crypto = nativeCryptoProvider();
  if (crypto === undefined || openNativeSocket === undefined) throw new Error(whyNot(name));
  return { crypto, openSocket: openNativeSocket };
}
