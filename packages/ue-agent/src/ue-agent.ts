import type { CryptoProvider } from '@mpquic/crypto';
import { parsePrefix } from '@mpquic/http3';
import { NULL_SCHEME_PROFILE, ProtectionScheme, type SuciProfile } from '@mpquic/keys';
import type { Access } from '@mpquic/nas';
import type { CaptureTap, EventSink, Logger } from '@mpquic/service';
import { UsageError } from '@mpquic/wire';
import type { MpquicOptions } from './mpquic/mpquic-connection.ts';
import { connectN1 } from './nas/n1-transport.ts';
import type { UeSettings } from './settings.ts';
import { tellStory } from './story/story.ts';
import type { StoryReport } from './story/story-report.ts';
import { Ue } from './ue.ts';
import { serveTraffic, type Traffic } from './user-plane/entry-points.ts';
import { parseForward } from './user-plane/udp-forward.ts';
import { Usim } from './usim.ts';

/** What a UE shares with the program that it runs in. */
export interface UeIo {
  readonly crypto: CryptoProvider;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly tap?: CaptureTap | undefined;
  readonly keyLog?: ((line: string) => void) | undefined;
  readonly observer?: MpquicOptions['observer'];
}

/** A UE agent that runs. */
export interface UeAgent {
  readonly ue: Ue;
  /** How it connects to a UPF. */
  readonly mpquic: MpquicOptions;
  /** What the story `traffic` opened. */
  readonly traffic: Traffic | undefined;
  /** Runs the story that the settings name. @throws {UeFailure} */
  tell(): Promise<StoryReport | undefined>;
  /** Ends the QUIC connections, deregisters, and overwrites all keys. */
  stop(): Promise<void>;
}

/** Makes a UE agent. Nothing is sent before it is told to. @throws {UsageError} on settings that do not fit */
export function createUeAgent(settings: UeSettings, io: UeIo): UeAgent {
  const { crypto, events, logger, tap } = io;
  const { mcc, mnc, guardMs, dnn, sst, sd } = settings;
  const plmn = { mcc, mnc };
  const n1 = { '3gpp': settings.n1ThreeGpp, 'non-3gpp': settings.n1NonThreeGpp } as const;
  const ue = new Ue({
    environment: {
      crypto,
      events,
      logger,
      connectN1: (access: Access, receiver) =>
        connectN1(receiver, { address: n1[access], timeoutMs: guardMs, tap }),
      policy: {
        integrity: settings.integrity.map((name) => ALGORITHM[name]),
        encryption: settings.ciphering.map((name) => ALGORITHM[name]),
        snssai: { sst, ...(sd === undefined ? {} : { sd }) },
        dnn,
        guardMs,
        mpquic: settings.mpquic,
      },
    },
    usim: new Usim(crypto, {
      imsi: settings.supi,
      plmn,
      algorithm: settings.algorithm,
      k: settings.k,
      opc: settings.opc,
      sqn: settings.sqn.reduce((value, octet) => value * 256 + octet, 0),
      suci: suciProfile(settings),
    }),
    plmn,
    psk: {
      solutions: settings.solutions,
      countRule: settings.countRule,
      provisioned: settings.provisionedPsks,
    },
  });
  const stopping = new AbortController();
  const mpquic = mpquicOptions(settings, io, stopping.signal);
  const state: { traffic?: Traffic } = {};
  return {
    ue,
    mpquic,
    get traffic() {
      return state.traffic;
    },
    tell: () => tell(settings, ue, mpquic, io, state),
    async stop() {
      stopping.abort();
      await state.traffic?.close();
      const access = ue.connected('3gpp') ? '3gpp' : 'non-3gpp';
      await ue.deregister(access, true).catch((error: unknown) => {
        logger.debug({ reason: String(error) }, 'no deregistration');
      });
      ue.dispose();
    },
  };
}

const ALGORITHM = { nia0: 0, nia2: 2, nea0: 0, nea2: 2 } as const;
const ALPN = 'hq-interop';

function suciProfile(settings: UeSettings): SuciProfile {
  const { suci, homeNetworkPublicKey, homeNetworkKeyId, routingIndicator } = settings;
  if (suci === 'null') return { ...NULL_SCHEME_PROFILE, routingIndicator };
  if (homeNetworkPublicKey === undefined) {
    throw new UsageError(`suci ${suci} needs homeNetworkPublicKey`);
  }
  const scheme = suci === 'profile-a' ? ProtectionScheme.profileA : ProtectionScheme.profileB;
  return {
    routingIndicator,
    scheme,
    homeNetworkPublicKeyId: homeNetworkKeyId,
    homeNetworkPublicKey,
  };
}

function mpquicOptions(settings: UeSettings, io: UeIo, signal: AbortSignal): MpquicOptions {
  const { tap } = io;
  return {
    alpn: ALPN,
    locals: { '3gpp': settings.local3gpp, 'non-3gpp': settings.localNon3gpp },
    vias: { '3gpp': settings.via3gpp, 'non-3gpp': settings.viaNon3gpp },
    ciphers: settings.cipher,
    groups: settings.group,
    handshakeTimeoutMs: settings.guardMs,
    idleMs: settings.idleMs,
    events: io.events,
    logger: io.logger,
    keyLog: io.keyLog,
    observer: io.observer,
    signal,
    ...(tap === undefined ? {} : { tap: quicTap(tap) }),
  };
}

/** Datagrams of the endpoint as the capture of a role wants them. */
function quicTap(tap: CaptureTap): NonNullable<MpquicOptions['tap']> {
  return ({ direction, local, remote, payload }) => {
    const sent = direction === 'sent';
    tap({
      interface: 'QUIC',
      transport: 'udp',
      source: sent ? local : remote,
      destination: sent ? remote : local,
      payload,
    });
  };
}

async function tell(
  settings: UeSettings,
  ue: Ue,
  mpquic: MpquicOptions,
  { events, logger }: UeIo,
  state: { traffic?: Traffic },
): Promise<StoryReport | undefined> {
  const { story, sessionAccess: access, paths } = settings;
  if (story === 'traffic') {
    state.traffic = await serveTraffic({
      ue,
      mpquic,
      pduSessionId: settings.pduSessionId,
      access,
      bothAccesses: paths > 1,
      renewal: settings.rekey,
      forwards: settings.forward.map(parseForward),
      socks: settings.socks,
      tun: settings.tun
        ? { name: settings.tunName, routes: settings.tunRoutes.map(parsePrefix) }
        : undefined,
      logger,
    });
    return undefined;
  }
  if (story === 'none') {
    await ue.register(access);
    if (paths > 1) await ue.register(access === '3gpp' ? 'non-3gpp' : '3gpp');
    return undefined;
  }
  const full = story === 'full';
  return tellStory({
    ue,
    mpquic,
    pduSessionId: settings.pduSessionId,
    access,
    paths,
    transferBytes: full ? settings.transferBytes : 0,
    cutAccess: settings.cutAccess === 'none' || paths < 2 ? undefined : settings.cutAccess,
    startDelayMs: settings.startDelayMs,
    applications: full ? settings.applications : [],
    controls: { '3gpp': settings.control3gpp, 'non-3gpp': settings.controlNon3gpp },
    stageMs: settings.stageMs,
    cutMs: settings.cutMs,
    release: true,
    events,
    logger,
  });
}
