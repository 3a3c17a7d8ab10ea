/** A thread or process that uses the addon, and ends with everything open: environments.test.ts. */
import { constants } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Handle } from '../src/addon.ts';
import { SCRATCH, sealKeys } from './boundary-objects.ts';
import { native, openOn, run } from './loopback.ts';

export interface EnvironmentReport {
  readonly port: number;
  readonly sealed: Uint8Array;
  readonly liveObjects: number;
}

/** A packet of zeros, sealed under a secret of zeros. */
export function sealPacket(): { readonly keys: Handle; readonly packet: Uint8Array } {
  const packet = new Uint8Array(100);
  SCRATCH.fill(0);
  const keys = sealKeys();
  native.seal(keys, packet, Int32Array.of(0, 11, 2, 30, 0, 1, 0, 0), 1);
  return { keys, packet };
}

/** Opens a socket with datagrams queued, keys, and a key share. */
function useAddon(): EnvironmentReport {
  const { socket } = openOn('127.0.0.1');
  const sealed = sealPacket().packet;
  native.generateKeyShare(SCRATCH, 0);
  const liveObjects = native.liveObjects();
  const report = { port: socket.local.port, sealed, liveObjects };
  const busy = openOn('127.0.0.1').socket;
  busy.injectSendError(constants.errno.EAGAIN, 1_000_000);
  busy.send(run('queued', 2, socket.local));
  return report;
}

if (parentPort !== null) {
  parentPort.postMessage(useAddon());
} else if (process.argv[2] === 'exit') {
  useAddon();
  process.exit(7);
}
