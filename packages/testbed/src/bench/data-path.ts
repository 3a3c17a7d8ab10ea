import { type CryptoProvider, nodeCryptoProvider } from '@mpquic/crypto';
import { type OpenDatagramSocket, openDgramSocket } from '@mpquic/endpoint';

/** Sockets and cryptography below the stack. */
export interface DataPath {
  readonly crypto: CryptoProvider;
  readonly openSocket: OpenDatagramSocket;
}

export type DataPathName = 'fallback' | 'native';

/** node:dgram and node:crypto, which every Node.js has. */
const fallback: DataPath = { crypto: nodeCryptoProvider, openSocket: openDgramSocket };

/** The sockets and cryptography of that name, or the reason why they are not there. */
export async function findDataPath(name: DataPathName): Promise<DataPath | string> {
  return name === 'fallback' ? fallback : 'the native package is not part of this build';
}

/** @throws where it is not there */
export async function requireDataPath(name: DataPathName): Promise<DataPath> {
  const found = await findDataPath(name);
  if (typeof found === 'string') throw new Error(found);
  return found;
}
