import { nodeCryptoProvider, type ServerCertificate } from '@mpquic/crypto';
import { NTP_EPOCH_OFFSET, PfcpCause } from '@mpquic/pfcp';
import {
  CaptureFile,
  createLogger,
  type EventSink,
  KeyLogFile,
  type Lifecycle,
  type Logger,
  type Metrics,
  openEvents,
  type Service,
  ServiceFailure,
  startObservability,
  teeEvents,
} from '@mpquic/service';
import { type Address, formatAddress, parseIp, toHex } from '@mpquic/wire';
import { AssociationWatch } from './n4/association-watch.ts';
import { N4Dispatch } from './n4/n4-dispatch.ts';
import { N4Server } from './n4/n4-server.ts';
import type { N4Session } from './n4/n4-session.ts';
import { SessionManager } from './n4/session-manager.ts';
import { gatewayOf } from './proxy/local-plane.ts';
import { openPlane } from './proxy/open-plane.ts';
import type { ProxyPlane } from './proxy/proxy-plane.ts';
import type { ProxyWorkers } from './proxy/workers/proxy-workers.ts';
import { PatientPskStore } from './psk/patient-psk-store.ts';
import { installProvisioned } from './psk/provisioned-psks.ts';
import { PskRegistry } from './psk/psk-registry.ts';
import type { UpfSettings } from './settings.ts';
import { UpfMetrics } from './upf-metrics.ts';
import { TunRouter } from './user-plane/tun-router.ts';
import type { UserPlane } from './user-plane/user-plane.ts';

/** A running UPF. */
export interface Upf {
  readonly n4: Address;
  readonly proxies: { readonly access3gpp: Address; readonly accessNon3gpp: Address };
  readonly registry: PskRegistry;
  readonly sessions: SessionManager;
  readonly server: N4Server;
  /** Connections, wherever they are served. */
  readonly plane: ProxyPlane;
  /** Of this thread; undefined where workers have it. */
  readonly userPlane: UserPlane | undefined;
  /** Their threads, where there are several. */
  readonly workers: ProxyWorkers | undefined;
  /** The N6 interface, where it is a TUN device. */
  readonly router: TunRouter | undefined;
  readonly metrics: Metrics;
}

export interface UpfOptions {
  readonly logger: Logger;
  readonly events: EventSink;
  /** Lets UEs without PSK in, as TS 33.501 Annex AA.2 has it: a baseline for comparisons. */
  readonly certificate?: ServerCertificate | undefined;
}

const EXPIRY_CHECK_MS = 1_000;

/** Starts the parts of a UPF; the lifecycle stops them, last started first, and the keys are wiped. */
export async function startUpf(
  settings: UpfSettings,
  lifecycle: Lifecycle,
  { logger, events, certificate }: UpfOptions,
): Promise<Upf> {
  const capture = openCapture(settings, lifecycle);
  const keyLog = openKeyLog(settings, lifecycle);
  const holder: { plane?: ProxyPlane; server?: N4Server } = {};
  const registry = new PskRegistry({
    overlap: settings.overlap,
    events,
    onDeleted: (kid, reason, atOnce) =>
      holder.plane?.dropConnections(kid, reason, atOnce ? 0 : settings.keepTrafficSeconds),
    onInstalled: (kid) => psks.installed(kid),
  });
  lifecycle.onStop('PSKs', () => registry.clear('the UPF stops'));
  const psks = new PatientPskStore({
    registry,
    holdMs: settings.unknownKid === 'hold' ? settings.holdMs : 0,
  });
  lifecycle.onStop('waiting handshakes', () => psks.close());
  installProvisioned(registry, settings.provisionedPsks, settings.nodeId);
  const sessions = new SessionManager({
    settings,
    registry,
    random: nodeCryptoProvider.random,
    proxies: () => plane.proxies,
    onModified: (session) => holder.plane?.rulesChanged(session),
    onPskMissing: (session) => {
      if (!settings.requestPsk) return;
      // Behind the answer that sets the session up.
      setImmediate(() => void askForPsk(holder.server, session, logger));
    },
  });
  const router = openRouter(settings, lifecycle, logger);
  const restarts: { count: () => void } = { count: () => undefined };
  const { plane, userPlane, workers } = await openPlane(settings, lifecycle, {
    psks,
    certificate,
    events,
    logger,
    onUsed: (kid) => {
      registry.used(kid);
      // It was deleted while the handshake ran.
      if (!registry.has(kid)) holder.plane?.dropConnections(kid, 'its PSK was deleted meanwhile');
    },
    keyLog: keyLogSink(keyLog, capture),
    tap: capture === undefined ? undefined : (datagram) => captureQuic(capture, datagram),
    sessionOf: sessionFinder(settings, registry, sessions),
    addresses: sessions,
    router,
    onReplaced: () => restarts.count(),
  });
  holder.plane = plane;
  const metrics = new UpfMetrics(registry, sessions, plane);
  restarts.count = () => metrics.workersReplaced.inc();
  const server = await openN4(settings, lifecycle, { logger, events, sessions, metrics, capture });
  holder.server = server;
  expireRegularly(registry, lifecycle);
  await startObservability(lifecycle, settings.metrics, {
    metrics: metrics.metrics,
    ready: () => !lifecycle.stopping,
    version: { name: 'upf-proxy', version: '0.1.0' },
  });
  announce(logger, server, plane);
  return {
    n4: server.address,
    proxies: plane.proxies,
    registry,
    sessions,
    server,
    plane,
    userPlane,
    workers,
    router,
    metrics: metrics.metrics,
  };
}

function announce(logger: Logger, { address }: N4Server, { proxies }: ProxyPlane): void {
  const { access3gpp, accessNon3gpp } = proxies;
  logger.info(
    {
      n4: formatAddress(address),
      access3gpp: formatAddress(access3gpp),
      accessNon3gpp: formatAddress(accessNon3gpp),
    },
    'UPF ready',
  );
}

/** The UPF as a process. */
export function upfService(settings: UpfSettings, observer?: EventSink): Service {
  const logger = createLogger({ name: 'upf-proxy', level: settings.logLevel });
  return {
    logger,
    async start(lifecycle) {
      const { sink, close } = openEvents(settings);
      lifecycle.onStop('events', close);
      const events = observer === undefined ? sink : teeEvents(sink, observer);
      await startUpf(settings, lifecycle, { logger, events });
      return undefined;
    },
  };
}

/** @throws {ServiceFailure} status 1 where a TUN device is wanted and cannot be had */
function openRouter(
  { tun, tunName, uePool }: UpfSettings,
  lifecycle: Lifecycle,
  logger: Logger,
): TunRouter | undefined {
  if (!tun) return undefined;
  const gateway = parseIp(gatewayOf(uePool));
  const pool = { address: Uint8Array.of(gateway[0] ?? 0, gateway[1] ?? 0, 0, 0), length: 16 };
  try {
    const router = new TunRouter({ name: tunName, gateway, pool });
    lifecycle.onStop('TUN device', () => router.close());
    logger.info({ name: router.name }, 'N6 is a TUN device');
    return router;
  } catch (error) {
    throw new ServiceFailure(1, `no TUN device: ${(error as Error).message}`);
  }
}

/** The session that a KID belongs to: the one that installed it, or that of the UE that it was provisioned for. */
function sessionFinder(
  { provisionedPsks }: UpfSettings,
  registry: PskRegistry,
  sessions: SessionManager,
): (kid: Uint8Array) => N4Session | undefined {
  const owners = new Map(provisionedPsks.map(({ kid, supi }) => [toHex(kid), supi]));
  return (kid) => {
    const seid = registry.sessionOf(kid);
    if (seid !== undefined) return sessions.find(seid);
    const supi = owners.get(toHex(kid));
    return supi === undefined ? undefined : sessions.findOfSubscriber(supi);
  };
}

/** Solution #6 step 2; the key comes, if it comes, in a Session Modification Request. */
async function askForPsk(
  server: N4Server | undefined,
  session: N4Session,
  logger: Logger,
): Promise<void> {
  const cause = await server?.requestPsk(session);
  if (cause !== PfcpCause.requestAccepted) {
    logger.warn({ cause: cause ?? 'no answer' }, 'the SMF gives no PSK for a session');
  }
}

interface N4Parts extends UpfOptions {
  readonly sessions: SessionManager;
  readonly metrics: UpfMetrics;
  readonly capture: CaptureFile | undefined;
}

async function openN4(
  settings: UpfSettings,
  lifecycle: Lifecycle,
  parts: N4Parts,
): Promise<N4Server> {
  const recoveryTimeStamp = Math.floor(Date.now() / 1000) + NTP_EPOCH_OFFSET;
  const { logger, events, sessions, metrics, capture } = parts;
  const nodeName = settings.nodeId.toLowerCase();
  const dispatch = new N4Dispatch({
    nodeId: { type: 'fqdn', name: nodeName },
    recoveryTimeStamp,
    sessions,
    onAssociation: ({ node }, established) => {
      logger.info({ smf: node }, established ? 'PFCP association set up' : 'association released');
    },
  });
  const server = await lifecycle.start(
    'N4',
    () =>
      N4Server.open({
        address: settings.n4,
        nodeName,
        recoveryTimeStamp,
        dispatch,
        events,
        logger,
        tap: capture?.tap,
        onDiscarded: () => metrics.pfcpDiscarded.inc(),
        t1Ms: settings.pfcpT1Ms,
        n1: settings.pfcpN1,
      }),
    (part) => part.close(),
  );
  const watch = new AssociationWatch({ dispatch, server, intervalMs: settings.heartbeatMs });
  lifecycle.onStop('heartbeats', () => watch.stop());
  return server;
}

function openCapture(settings: UpfSettings, lifecycle: Lifecycle): CaptureFile | undefined {
  if (settings.capture === undefined) return undefined;
  const capture = new CaptureFile(settings.capture);
  lifecycle.onStop('capture', () => capture.close());
  return capture;
}

function openKeyLog(settings: UpfSettings, lifecycle: Lifecycle): KeyLogFile | undefined {
  if (settings.keylog === undefined) return undefined;
  const file = new KeyLogFile(settings.keylog);
  lifecycle.onStop('key log', () => file.close());
  return file;
}

function keyLogSink(
  file: KeyLogFile | undefined,
  capture: CaptureFile | undefined,
): ((line: string) => void) | undefined {
  if (file === undefined) return undefined;
  return (line) => {
    file.write(line);
    capture?.addKeyLog(line);
  };
}

function captureQuic(
  capture: CaptureFile,
  datagram: {
    readonly direction: 'sent' | 'received';
    readonly local: Address;
    readonly remote: Address;
    readonly payload: Uint8Array;
  },
): void {
  const { direction, local, remote, payload } = datagram;
  const [source, destination] = direction === 'sent' ? [local, remote] : [remote, local];
  capture.tap({ interface: 'QUIC', transport: 'udp', source, destination, payload });
}

function expireRegularly(registry: PskRegistry, lifecycle: Lifecycle): void {
  const timer = setInterval(() => registry.expire(), EXPIRY_CHECK_MS);
  timer.unref();
  lifecycle.onStop('PSK expiry', () => clearInterval(timer));
}
