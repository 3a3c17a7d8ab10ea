import { peers } from '@mpquic/interop';
import { commandVersion } from './command-version.ts';
import { type Finding, optional } from './finding.ts';

/** Programs that some commands and checks use. */
export async function toolFindings(): Promise<Finding[]> {
  const tshark = await commandVersion('tshark', '--version');
  const docker = await commandVersion('docker', '--version');
  const engine = await commandVersion('docker', 'info', '--format', '{{.ServerVersion}}');
  return [
    optional('tools', 'tshark', tshark, {
      value: 'not installed',
      advice: 'apt-get install tshark: the capture checks use it',
    }),
    optional('tools', 'docker', docker, {
      value: 'not installed',
      advice: 'scripts/compose-smoke.sh gets what it needs; only containers need it',
    }),
    optional('tools', 'docker engine', engine, {
      value: 'does not answer',
      advice: 'scripts/compose-smoke.sh starts one; only containers need it',
    }),
  ];
}

/** Other QUIC stacks for `mpq interop`. */
export function peerFindings(): Promise<Finding[]> {
  return Promise.all(
    peers.map(async (peer) => {
      const found = await peer.detect();
      return optional('peers', peer.name, found.installed ? found.version : undefined, {
        value: 'not installed',
        advice: found.installed ? '' : found.reason,
      });
    }),
  );
}
