import { Lifecycle, loadConfiguration, noEvents, silentLogger } from '@mpquic/service';
import { startUpf, upfSettings } from '@mpquic/upf-proxy';
import { formatAddress, toHex } from '@mpquic/wire';
import type { BenchProgram } from '../process/program.ts';
import { benchPsk } from './session-setup.ts';
import { anyPort } from './subscribers.ts';
import { tunnelUePsk } from './tunnel-ue-psk.ts';

export interface UpfAloneSettings {
  /** UEs whose PSKs it has, beside that of all benches. */
  readonly ues: number;
  /** Threads; 1 when absent. With it, connections end soon when their client is gone. */
  readonly workers?: number;
}

/** Milliseconds. */
const SHORT_IDLE = 1000;

/** A UPF. Facts: `access3gpp`, `accessNon3gpp`. Command `connections` counts those of each thread. */
export async function startUpfAlone({ ues, workers }: UpfAloneSettings): Promise<BenchProgram> {
  const logger = silentLogger();
  const psks = [benchPsk(), ...Array.from({ length: ues }, (_, i) => tunnelUePsk(i))];
  const provisionedPsks = psks.map(({ identity, key }) => ({
    variant: 'per-ue',
    kid: toHex(identity),
    key: toHex(key),
    mode: 'raw',
  }));
  const upf = await startUpf(
    loadConfiguration(upfSettings, {
      role: 'upf-proxy',
      flags: {
        n4: anyPort,
        access3gpp: anyPort,
        accessNon3gpp: anyPort,
        provisionedPsks,
        allowTargets: ['127.0.0.0/8'],
        ...(workers === undefined ? {} : { workers, idleMs: SHORT_IDLE }),
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
    command: async () => {
      const planes = upf.workers?.workers ?? [upf.plane];
      const reports = await Promise.all(planes.map((plane) => plane.report()));
      return reports.map((report) => report?.connections ?? 0);
    },
  };
}
