import type { CryptoProvider } from '@mpquic/crypto';
import {
  type AccessName,
  type CaptureTap,
  type EventSink,
  type Lifecycle,
  type Logger,
  noEvents,
  startObservability,
  wallClock,
} from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import { Ausf } from './ausf/ausf.ts';
import type { CoreConfiguration } from './configuration.ts';
import { CoreMetrics } from './core-metrics.ts';
import { NF_NAMES, type NfName, type SbiConsumer, SbiNetwork } from './sbi/network.ts';
import { selectSolution } from './selected-solution.ts';
import { type CoreParts, serve } from './startup/core-parts.ts';
import { tellRestart } from './startup/restart-notice.ts';
import { startAmf } from './startup/start-amf.ts';
import { startSmf } from './startup/start-smf.ts';
import { SequenceNumberFile } from './udm/sequence-number-file.ts';
import { SubscriberStore } from './udm/subscribers.ts';
import { Udm } from './udm/udm.ts';

export interface CoreOptions {
  readonly configuration: CoreConfiguration;
  readonly crypto: CryptoProvider;
  readonly logger: Logger;
  readonly events?: EventSink;
  readonly tap?: CaptureTap;
}

/** A core that runs, and where it is reached. */
export interface Core {
  /** Where N1 listens, by access; undefined without an AMF. */
  readonly n1: { readonly [A in AccessName]: Address } | undefined;
  /** Where PFCP is bound; undefined without an SMF. */
  readonly n4: Address | undefined;
  /** Calls as the AMF makes them, for whoever drives the core: the `x-testbed` control operations. */
  readonly sbi: SbiConsumer;
  readonly metrics: CoreMetrics;
  readonly sbiAddress: (nf: NfName) => Address;
  /** When its functions began, which restart notices tell: RFC 3339. */
  readonly recoveryTime: string;
  /** Whether a session could be set up now. */
  readonly ready: () => boolean;
  readonly counts: () => { readonly ues: number; readonly sessions: number };
}

/**
 * Starts the network functions that the configuration names; `lifecycle` stops them again.
 * @throws {ServiceFailure}
 */
export async function startCore(options: CoreOptions, lifecycle: Lifecycle): Promise<Core> {
  const { configuration } = options;
  const events = options.events ?? noEvents;
  const metrics = new CoreMetrics(configuration.metrics !== undefined);
  const selected = selectSolution(configuration);
  const { udmSbi: udm, ausfSbi: ausf, amfSbi: amf, smfSbi: smf, sbiTransport } = configuration;
  const addresses = { udm, ausf, amf, smf };
  const network = await lifecycle.start(
    'SBI',
    () =>
      new SbiNetwork({
        addresses,
        transport: sbiTransport,
        // With all of them here nobody else calls.
        listens: sbiTransport === 'http2' || NF_NAMES.some((nf) => !configuration.nf.includes(nf)),
        latencyMs: configuration.sbiLatencyMs,
        events,
        tap: options.tap,
      }),
    (started) => started.close(),
  );
  const { crypto, logger, tap } = options;
  const parts: CoreParts = {
    configuration,
    crypto,
    logger,
    events,
    tap,
    metrics,
    network,
    selected,
    lifecycle,
    recoveryTime: new Date().toISOString(),
  };
  const has = (nf: NfName): boolean => configuration.nf.includes(nf);
  if (has('udm')) await startUdm(parts);
  if (has('ausf')) await startAusf(parts);
  const session = has('smf') ? await startSmf(parts) : undefined;
  const access = has('amf') ? await startAmf(parts) : undefined;
  if (has('amf') && !has('smf')) {
    lifecycle.onStop('restart notice', tellRestart(parts, 'amf', 'smf'));
  }
  if (has('smf') && !has('amf')) {
    lifecycle.onStop('restart notice', tellRestart(parts, 'smf', 'amf'));
  }
  const ready = (): boolean => session?.upfs.ready !== false;
  await startObservability(lifecycle, configuration.metrics, {
    metrics: metrics.metrics,
    ready,
    version: { name: 'core', version: CORE_VERSION },
  });
  return {
    n1: access?.n1,
    n4: session?.n4,
    sbi: network.consumer('amf'),
    metrics,
    sbiAddress: (nf) => network.addressOf(nf),
    recoveryTime: parts.recoveryTime,
    ready,
    counts: () => ({
      ues: access?.amf.ueCount ?? 0,
      sessions: session?.smf.sessionCount ?? 0,
    }),
  };
}

async function startUdm(parts: CoreParts): Promise<void> {
  const { configuration, crypto, events, network, lifecycle } = parts;
  const { subscribers: settings, homeNetworkKeys } = configuration;
  const { sqnFile: file } = configuration;
  const sequenceNumbers = file === undefined ? undefined : SequenceNumberFile.open(file);
  const subscribers = new SubscriberStore(settings, homeNetworkKeys, sequenceNumbers);
  lifecycle.onStop('UDM', () => subscribers.close());
  const udm = new Udm({ crypto, subscribers, events });
  await serve(network, 'udm', udm.routes);
}

async function startAusf({ crypto, events, network, lifecycle }: CoreParts): Promise<void> {
  const ausf = new Ausf({ crypto, events, sbi: network.consumer('ausf'), clock: wallClock });
  lifecycle.onStop('AUSF', () => ausf.stop());
  await serve(network, 'ausf', ausf.routes);
}

const CORE_VERSION = '0.1.0';
