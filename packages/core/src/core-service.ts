import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  CaptureFile,
  createLogger,
  type Lifecycle,
  openEvents,
  type Service,
} from '@mpquic/service';
import { formatAddress } from '@mpquic/wire';
import type { CoreConfiguration } from './configuration.ts';
import { type Core, startCore } from './core.ts';

/** The process of the core, with the network functions that its settings name. */
export function coreService(configuration: CoreConfiguration): Service {
  const logger = createLogger({ name: 'core', level: configuration.logLevel });
  return {
    logger,
    async start(lifecycle) {
      const events = await lifecycle.start(
        'events',
        () => openEvents(configuration),
        (open) => open.close(),
      );
      const capture = await openCapture(configuration, lifecycle);
      const core = await startCore(
        {
          configuration,
          crypto: nodeCryptoProvider,
          logger,
          events: events.sink,
          ...(capture === undefined ? {} : { tap: capture.tap }),
        },
        lifecycle,
      );
      logger.info(summary(core, configuration), 'core ready');
      return undefined;
    },
  };
}

async function openCapture(
  { capture }: CoreConfiguration,
  lifecycle: Lifecycle,
): Promise<CaptureFile | undefined> {
  if (capture === undefined) return undefined;
  return await lifecycle.start(
    'capture',
    () => new CaptureFile(capture),
    (file) => file.close(),
  );
}

function summary({ n1, n4 }: Core, { nf, solution, variant }: CoreConfiguration): object {
  return {
    nf: nf.join(','),
    ...(n1 === undefined
      ? {}
      : { n1: formatAddress(n1['3gpp']), n1NonThreeGpp: formatAddress(n1['non-3gpp']) }),
    ...(n4 === undefined ? {} : { n4: formatAddress(n4) }),
    solution,
    ...(variant === undefined ? {} : { variant }),
  };
}
