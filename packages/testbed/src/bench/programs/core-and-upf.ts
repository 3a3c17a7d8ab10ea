import { coreSettings, startCore } from '@mpquic/core';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { Lifecycle, loadConfiguration, noEvents, silentLogger } from '@mpquic/service';
import { startUpf, upfSettings } from '@mpquic/upf-proxy';
import { formatAddress } from '@mpquic/wire';
import type { BenchProgram } from '../process/program.ts';
import { anyPort, benchSubscriber } from './subscribers.ts';

const UPF_ID = 'upf-1.bench.example';

export interface CoreSettings {
  readonly sbiTransport: 'local' | 'http2';
  readonly subscribers: number;
}

/** All network functions and the UPF in one process. Facts: `n1ThreeGpp`, `n1NonThreeGpp`. */
export async function startCoreAndUpf(settings: CoreSettings): Promise<BenchProgram> {
  const logger = silentLogger();
  const lifecycle = new Lifecycle(logger);
  const upf = await startUpf(
    loadConfiguration(upfSettings, {
      role: 'upf-proxy',
      flags: { nodeId: UPF_ID, n4: anyPort, access3gpp: anyPort, accessNon3gpp: anyPort },
    }),
    lifecycle,
    { logger, events: noEvents },
  );
  const configuration = loadConfiguration(coreSettings, {
    role: 'core',
    flags: {
      n1ThreeGpp: anyPort,
      n1NonThreeGpp: anyPort,
      n4: anyPort,
      udmSbi: anyPort,
      ausfSbi: anyPort,
      amfSbi: anyPort,
      smfSbi: anyPort,
      sbiTransport: settings.sbiTransport,
      upfs: [{ id: UPF_ID, n4: formatAddress(upf.n4) }],
      subscribers: Array.from({ length: settings.subscribers }, (_, i) => benchSubscriber(i)),
    },
  });
  const core = await startCore({ configuration, crypto: nodeCryptoProvider, logger }, lifecycle);
  if (core.n1 === undefined) throw new Error('the core has no AMF');
  for (let wait = 0; !core.ready() && wait < 100; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    facts: {
      n1ThreeGpp: formatAddress(core.n1['3gpp']),
      n1NonThreeGpp: formatAddress(core.n1['non-3gpp']),
    },
    progress: () => ({ bytes: 0, packets: core.counts().sessions }),
  };
}
