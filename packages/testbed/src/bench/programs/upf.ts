import { Lifecycle, loadConfiguration, noEvents, silentLogger } from '@mpquic/service';
import { startUpf, upfSettings } from '@mpquic/upf-proxy';
import { formatAddress, toHex } from '@mpquic/wire';
import type { BenchProgram } from '../process/program.ts';
import { anyPort } from './subscribers.ts';
import { tunnelUePsk } from './tunnel-ue-psk.ts';

/** A UPF that has the PSKs of so many UEs. Facts: `access3gpp`, `accessNon3gpp`. */
export async function startUpfAlone({ ues }: { ues: number }): Promise<BenchProgram> {
  const logger = silentLogger();
  const provisionedPsks = Array.from({ length: ues }, (_, i) => {
    const { identity, key } = tunnelUePsk(i);
    return { variant: 'per-ue', kid: toHex(identity), key: toHex(key), mode: 'raw' };
  });
  const upf = await startUpf(
    loadConfiguration(upfSettings, {
      role: 'upf-proxy',
      flags: {
        n4: anyPort,
        access3gpp: anyPort,
        accessNon3gpp: anyPort,
        provisionedPsks,
        allowTargets: ['127.0.0.0/8'],
      },
    }),
    new Lifecycle(logger),
    { logger, events: noEvents },
  );
  return {
    facts: {
      access3gpp: formatAddress(upf.proxies.access3gpp),
      accessNon3gpp: formatAddress(upf.proxies.accessNon3gpp),
    },
    progress: () => ({ bytes: 0, packets: upf.userPlane?.size ?? 0 }),
  };
}
