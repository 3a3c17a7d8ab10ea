import type { CryptoProvider } from '@mpquic/crypto';
import { findDelivery, findSolution, findVariant, servingNetworkName } from '@mpquic/keys';
import { EncryptionAlgorithm, IntegrityAlgorithm } from '@mpquic/nas';
import { NTP_EPOCH_OFFSET } from '@mpquic/pfcp';
import {
  type AccessName,
  type CaptureTap,
  describeFailure,
  type EventSink,
  type Lifecycle,
  type Logger,
  noEvents,
  ObservabilityServer,
  ServiceFailure,
  wallClock,
} from '@mpquic/service';
import { type Address, UsageError } from '@mpquic/wire';
import { AccessNetwork } from './amf/access-network.ts';
import { Amf } from './amf/amf.ts';
import type { SelectedSolution } from './amf/amf-environment.ts';
import { N1Listener } from './amf/n1-listener.ts';
import { UeContexts } from './amf/ue-context.ts';
import { Ausf } from './ausf/ausf.ts';
import type { CoreConfiguration } from './configuration.ts';
import { CoreMetrics } from './core-metrics.ts';
import { NF_NAMES, type NfName, type SbiConsumer, SbiNetwork } from './sbi/network.ts';
import { N4Endpoint } from './smf/n4-endpoint.ts';
import { serveUpf } from './smf/n4-service.ts';
import { Smf } from './smf/smf.ts';
import { SmfSessions } from './smf/smf-sessions.ts';
import { UpfAssociation } from './smf/upf-association.ts';
import { UpfSet } from './smf/upf-set.ts';
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
  /** Whether a session could be set up now. */
  readonly ready: () => boolean;
  readonly counts: () => { readonly ues: number; readonly sessions: number };
}

/** What the parts of one core share while they are started. */
interface Parts {
  readonly options: CoreOptions;
  readonly configuration: CoreConfiguration;
  readonly events: EventSink;
  readonly metrics: CoreMetrics;
  readonly network: SbiNetwork;
  readonly selected: SelectedSolution;
  readonly lifecycle: Lifecycle;
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
  const parts: Parts = {
    options,
    configuration,
    events,
    metrics,
    network,
    selected,
    lifecycle,
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
  await startObservability(parts, ready);
  return {
    n1: access?.n1,
    n4: session?.n4,
    sbi: network.consumer('amf'),
    metrics,
    sbiAddress: (nf) => network.addressOf(nf),
    ready,
    counts: () => ({
      ues: access?.amf.ueCount ?? 0,
      sessions: session?.smf.sessionCount ?? 0,
    }),
  };
}

/** @throws {ServiceFailure} status 2, naming the variants or deliveries that there are */
export function selectSolution(configuration: CoreConfiguration): SelectedSolution {
  try {
    const solution = findSolution(configuration.solution);
    const variant = findVariant(solution, configuration.variant);
    const delivery = findDelivery(solution, variant, configuration.delivery);
    if (configuration.serverAuthentication === 'psk') return { solution, variant, delivery };
    // Of a solution without derivation and delivery nothing is left where its PSK is not indicated.
    const none = findSolution('Y');
    const unused = findVariant(none);
    return { solution: none, variant: unused, delivery: findDelivery(none, unused) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ServiceFailure(2, error.message);
  }
}

async function startUdm({ options, configuration, events, network, lifecycle }: Parts) {
  const { crypto } = options;
  const { subscribers: settings, homeNetworkKeys } = configuration;
  const { sqnFile: file } = configuration;
  const sequenceNumbers = file === undefined ? undefined : SequenceNumberFile.open(file);
  const subscribers = new SubscriberStore(settings, homeNetworkKeys, sequenceNumbers);
  lifecycle.onStop('UDM', () => subscribers.close());
  const udm = new Udm({ crypto, subscribers, events });
  await serve(network, 'udm', udm.routes);
}

async function startAusf({ options, events, network, lifecycle }: Parts): Promise<void> {
  const { crypto } = options;
  const ausf = new Ausf({ crypto, events, sbi: network.consumer('ausf'), clock: wallClock });
  lifecycle.onStop('AUSF', () => ausf.stop());
  await serve(network, 'ausf', ausf.routes);
}

async function startSmf(parts: Parts) {
  const { options, configuration, events, metrics, network, selected, lifecycle } = parts;
  const { logger, crypto } = options;
  const recoveryTimeStamp = Math.floor(wallClock() / 1e6) + NTP_EPOCH_OFFSET;
  const seids = seidSource(crypto);
  const endpoint: N4Endpoint = await lifecycle.start(
    'N4',
    () =>
      N4Endpoint.bind({
        address: configuration.n4,
        t1Ms: configuration.pfcpT1Ms,
        n1: configuration.pfcpN1,
        latencyMs: configuration.n4LatencyMs,
        recoveryTimeStamp,
        events,
        metrics,
        tap: options.tap,
        serve: (request, peer) => serveUpf(smf, upfs, endpoint, recoveryTimeStamp, request, peer),
      }),
    (started) => started.close(),
  );
  const upfs: UpfSet = new UpfSet(
    configuration.upfs.map(
      ({ id, n4 }) =>
        new UpfAssociation({
          upfId: id,
          address: n4,
          exchange: endpoint,
          localHost: configuration.n4.host,
          recoveryTimeStamp,
          heartbeatMs: configuration.heartbeatMs,
          logger,
          newSeid: seids,
          lost: (sessions, reason) => smf.lost(sessions, reason),
        }),
    ),
  );
  const smf = new Smf({
    crypto,
    events,
    logger,
    metrics,
    sbi: network.consumer('smf'),
    sessions: new SmfSessions(configuration.maxSessions),
    upfs,
    clock: wallClock,
    settings: {
      ...commonSettings(configuration),
      selected,
      indicatesPsk: configuration.serverAuthentication === 'psk',
      pskMode: configuration.pskMode,
      pskLifetimeSeconds: configuration.pskLifetimeSeconds,
      rekey: configuration.rekey,
      relocationOverlapMs: configuration.relocationOverlapMs,
      steeringMode: configuration.steeringMode,
      trafficRules: configuration.trafficRules,
      guardMs: configuration.guardMs,
    },
  });
  lifecycle.onStop('SMF', () => smf.stop(configuration.releaseOnStop));
  await serve(network, 'smf', smf.routes);
  // Not waited for: UPFs may come later, and until then `ready` says so.
  void upfs.start();
  return { smf, upfs, n4: endpoint.address };
}

async function startAmf(parts: Parts) {
  const { options, configuration, events, metrics, network, selected, lifecycle } = parts;
  const { crypto, logger, tap } = options;
  const amf = new Amf({
    crypto,
    events,
    logger,
    metrics,
    sbi: network.consumer('amf'),
    ues: new UeContexts(configuration.maxUes),
    accessNetwork: new AccessNetwork(crypto, events),
    settings: {
      ...commonSettings(configuration),
      servingNetworkName: servingNetworkName(commonSettings(configuration).plmn),
      integrity: configuration.integrity.map((name) => IntegrityAlgorithm[name]),
      encryption: configuration.ciphering.map((name) => EncryptionAlgorithm[name]),
      guardMs: configuration.guardMs,
      implicitDeregistrationMs: configuration.implicitDeregistrationMs,
      horizontalKAmf: configuration.horizontalKAmf,
      renewKAmfAtCount: configuration.renewKAmfAtCount,
      onKAmfChange: configuration.onKAmfChange,
      countSource: configuration.countSource,
      selected,
    },
  });
  await serve(network, 'amf', amf.routes);
  const listen = (access: AccessName, address: Address): Promise<N1Listener> =>
    lifecycle.start(
      `N1 (${access})`,
      () =>
        N1Listener.listen({
          access,
          address,
          // Room for those that are told that there is no room.
          maxConnections: configuration.maxUes + SPARE_CONNECTIONS,
          latencyMs: configuration.n1LatencyMs,
          tap,
          accept: (transport, over) => amf.accept(transport, over),
        }),
      (listener) => listener.close(),
    );
  const threeGpp = await listen('3gpp', configuration.n1ThreeGpp);
  const nonThreeGpp = await listen('non-3gpp', configuration.n1NonThreeGpp);
  lifecycle.onStop('AMF', () => amf.stop(configuration.releaseOnStop));
  return { amf, n1: { '3gpp': threeGpp.address, 'non-3gpp': nonThreeGpp.address } };
}

/**
 * An AMF or SMF that starts knows no session: the other one, elsewhere, is told to release what an earlier life of
 * this one left there, now or as soon as it can be reached. Stands for the restart notice of TS 23.527 §6.
 */
function tellRestart({ network, options }: Parts, from: 'amf' | 'smf', to: 'amf' | 'smf') {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const tell = async (): Promise<void> => {
    try {
      await network.consumer(from).call(to, {
        method: 'POST',
        path: `/x-testbed-n${to}-control/v1/${from}-restarted`,
        body: {},
      });
    } catch (error) {
      options.logger.debug(
        { reason: describeFailure(error) },
        `the ${to.toUpperCase()} is not told yet`,
      );
      if (!stopped) timer = setTimeout(() => void tell(), RESTART_NOTICE_MS);
    }
  };
  timer = setTimeout(() => void tell(), 0);
  return (): void => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function startObservability(parts: Parts, ready: () => boolean): Promise<void> {
  const { configuration, metrics, lifecycle } = parts;
  const { metrics: address } = configuration;
  if (address === undefined) return;
  await lifecycle.start(
    'metrics',
    () =>
      ObservabilityServer.listen({
        address,
        metrics: metrics.metrics,
        ready,
        version: { name: 'core', version: CORE_VERSION },
      }),
    (server) => server.close(),
  );
}

/** Settings that AMF and SMF share. */
function commonSettings({ mcc, mnc, smfInstanceId }: CoreConfiguration) {
  return { plmn: { mcc, mnc }, snssai: { sst: 1 }, smfInstanceId };
}

async function serve(network: SbiNetwork, nf: NfName, routes: Parameters<SbiNetwork['serve']>[1]) {
  try {
    await network.serve(nf, routes);
  } catch (error) {
    throw new ServiceFailure(1, `SBI of the ${nf.toUpperCase()}: ${describeFailure(error)}`);
  }
}

/** Session endpoint identifiers that no earlier life of this SMF used. */
function seidSource({ random }: CryptoProvider): () => bigint {
  const start = new DataView(random.fill(new Uint8Array(4)).buffer).getUint32(0);
  let next = (BigInt(start) << 32n) | 1n;
  return () => {
    next += 1n;
    return next;
  };
}

const RESTART_NOTICE_MS = 1_000;
const SPARE_CONNECTIONS = 64;
const CORE_VERSION = '0.1.0';
