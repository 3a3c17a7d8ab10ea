import type { ExternalPsk } from '@mpquic/tls';
import { utf8 } from '@mpquic/wire';

/** The PSK of one of many UEs. */
export function tunnelUePsk(index: number): ExternalPsk {
  const key = new Uint8Array(32).fill(0x5a);
  new DataView(key.buffer).setUint32(0, index);
  return { identity: utf8(`ue-${index}`), key, hash: 'sha256', mode: 'raw' };
}
