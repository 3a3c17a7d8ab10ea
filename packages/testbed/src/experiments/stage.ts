import { randomBytes } from 'node:crypto';
import { type Core, startCore } from '@mpquic/core';
import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  type CapturedPacket,
  type CaptureTap,
  EventLog,
  Lifecycle,
  loadConfiguration,
  silentLogger,
} from '@mpquic/service';
import {
  createUeAgent,
  type MaPduSession,
  type MpquicOptions,
  type Ue,
  type UeAgent,
  type UePsk,
  ueSettings,
} from '@mpquic/ue-agent';
import type { Upf } from '@mpquic/upf-proxy';
import { formatAddress, fromHex } from '@mpquic/wire';
import { coreConfiguration, GUARD_MS, startUpfs } from './stage-roles.ts';
import { StageRecorder } from './stage-watch.ts';
import type { UpfCertificate } from './upf-certificate.ts';

/** What varies between stages. `core`, `upf` and `ue` are settings over those of the stage. */
export interface StageOptions {
  readonly solution: string;
  readonly variant?: string | undefined;
  readonly delivery?: string | undefined;
  readonly pskMode?: 'raw' | 'imported';
  /** How many UPFs the SMF can select from. */
  readonly upfCount?: number;
  readonly core?: Readonly<Record<string, unknown>>;
  readonly upf?: Readonly<Record<string, unknown>>;
  /** No PSK: the UPF shows a certificate that the UEs trust (TS 33.501 Annex AA.2). */
  readonly certificate?: UpfCertificate | undefined;
  /** Solution #Y: what both sides are provisioned with; one PSK at every UPF when absent. */
  readonly provisioned?: ProvisionedAtBoth | undefined;
}

/** A PSK that an operator wrote into UEs and UPFs. Hexadecimal. */
export interface ProvisionedAtBoth {
  readonly variant: string;
  readonly kid: string;
  readonly key: string;
}

/** One UE of the stage, with what passed its UDP sockets. */
export interface StageUe {
  readonly supi: string;
  readonly agent: UeAgent;
  readonly ue: Ue;
  readonly mpquic: MpquicOptions;
  /** QUIC datagrams in both directions: what a reader on its paths has. */
  readonly captured: readonly CapturedPacket[];
  /** Lines of the TLS key log of its connections. */
  readonly keyLog: readonly string[];
}

/** A session with its PSK; the PSK is a copy that outlives the session. */
export interface StageSession {
  readonly session: MaPduSession;
  readonly psk: UePsk;
}

const SUPIS = ['001010123456789', '001010000000042'] as const;

/**
 * Core, UPFs and UEs in one process, over real sockets on loopback: where comparison and experiments
 * take place. All that the roles derive, receive and send is in `events`, keys included.
 */
export class Stage {
  readonly core: Core;
  readonly upfs: readonly Upf[];
  readonly events: EventLog;
  readonly #options: StageOptions;
  readonly #recorder: StageRecorder;
  readonly #lifecycle: Lifecycle;
  readonly #subscribers: readonly Subscriber[];
  readonly #provisioned: ProvisionedAtBoth | undefined;
  readonly #ues: StageUe[] = [];

  private constructor(parts: StageParts) {
    this.core = parts.core;
    this.upfs = parts.upfs;
    this.events = parts.events;
    this.#options = parts.options;
    this.#recorder = parts.recorder;
    this.#lifecycle = parts.lifecycle;
    this.#subscribers = parts.subscribers;
    this.#provisioned = parts.provisioned;
  }

  /** @throws {ServiceFailure} where a role does not start, or the options do not fit */
  static async open(options: StageOptions): Promise<Stage> {
    const events = new EventLog();
    const lifecycle = new Lifecycle(silentLogger());
    const recorder = new StageRecorder();
    const subscribers = SUPIS.map(newSubscriber);
    const provisioned =
      options.provisioned ?? (options.solution === 'Y' ? newProvisioned(options) : undefined);
    try {
      const upfs = await startUpfs(options, provisioned, lifecycle, events);
      const sbiTransport = recorder.captures ? 'http2' : 'local';
      const configuration = coreConfiguration(options, upfs, subscribers, { sbiTransport });
      const logger = silentLogger();
      const core = await startCore(
        { configuration, crypto: nodeCryptoProvider, logger, events, tap: sbiOnly(recorder.tap) },
        lifecycle,
      );
      await until(core.ready);
      const stage = new Stage({
        core,
        upfs,
        events,
        options,
        recorder,
        lifecycle,
        subscribers,
        provisioned,
      });
      stage.#recordProvisioning('upf');
      return stage;
    } catch (error) {
      await lifecycle.stop();
      throw error;
    }
  }

  /** Runs `play` on a stage that is taken down afterwards, however it ends. */
  static async with<T>(options: StageOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
    const stage = await Stage.open(options);
    try {
      return await play(stage);
    } finally {
      await stage.close();
      stage.#recorder.finish(options, stage.events.events);
    }
  }

  /** A UE with the USIM of a subscriber; nothing is sent yet. */
  ue(subscriber = 0, settings: Readonly<Record<string, unknown>> = {}): StageUe {
    const identity = this.#subscribers[subscriber] as Subscriber;
    const n1 = this.core.n1;
    if (n1 === undefined) throw new Error('the stage has no AMF');
    const captured: CapturedPacket[] = [];
    const keyLog: string[] = [];
    const configuration = loadConfiguration(ueSettings, {
      role: 'ue-agent',
      flags: {
        ...identity,
        n1ThreeGpp: formatAddress(n1['3gpp']),
        n1NonThreeGpp: formatAddress(n1['non-3gpp']),
        local3gpp: '127.0.0.1',
        localNon3gpp: '127.0.0.1',
        guardMs: GUARD_MS,
        ...(this.#provisioned === undefined ? {} : { provisionedPsks: [this.#provisioned] }),
        ...settings,
      },
    });
    const agent = createUeAgent(configuration, {
      crypto: nodeCryptoProvider,
      events: this.events,
      logger: silentLogger(),
      tap: (packet) => {
        if (packet.interface === 'QUIC') {
          this.#recorder.tap(packet);
          // A Buffer's own slice would be a view of what the UE then decrypts in place.
          captured.push({ ...packet, payload: Uint8Array.from(packet.payload) });
        }
      },
      keyLog: (line) => {
        keyLog.push(line);
        this.#recorder.keyLog(line);
      },
    });
    const { ue } = agent;
    const mpquic = { ...agent.mpquic, trust: this.#options.certificate?.trust };
    const one: StageUe = { supi: identity.supi, agent, ue, mpquic, captured, keyLog };
    this.#ues.push(one);
    this.#recordProvisioning('ue');
    return one;
  }

  /** A UE that is registered over both accesses. */
  async registeredUe(
    subscriber = 0,
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<StageUe> {
    const one = this.ue(subscriber, settings);
    await one.ue.register('3gpp');
    await one.ue.register('non-3gpp');
    return one;
  }

  /** An MA PDU session with its PSK at the UE and, unless `race`, at a UPF. */
  async session(
    { ue }: StageUe,
    {
      pduSessionId = 5,
      access = '3gpp',
      race = false,
    }: {
      readonly pduSessionId?: number;
      readonly access?: '3gpp' | 'non-3gpp';
      readonly race?: boolean;
    } = {},
  ): Promise<StageSession> {
    const session = await ue.establishSession(pduSessionId, access);
    const psk = kept(await ue.derivePsk(session));
    if (!race) await until(() => this.upfs.some(({ registry }) => registry.has(psk.kid)));
    return { session, psk };
  }

  /** Releases a session and waits until no function knows it any more. */
  async release({ ue }: StageUe, session: MaPduSession): Promise<void> {
    const { sessions } = this.core.counts();
    await ue.releaseSession(session);
    await until(() => this.core.counts().sessions < sessions);
  }

  /** A control operation of the AMF on a UE. */
  async amf(operation: string, supi: string, body: object = {}): Promise<unknown> {
    const path = `/x-testbed-namf-control/v1/ue-contexts/imsi-${supi}/${operation}`;
    return (await this.core.sbi.call('amf', { method: 'POST', path, body })).body;
  }

  /** A control operation of the SMF on a session. */
  async smf(operation: string, supi: string, pduSessionId = 5, body: object = {}): Promise<void> {
    const path = `/x-testbed-nsmf-control/v1/sessions/imsi-${supi}/${pduSessionId}/${operation}`;
    await this.core.sbi.call('smf', { method: 'POST', path, body });
  }

  get upf(): Upf {
    return this.upfs[0] as Upf;
  }

  get options(): StageOptions {
    return this.#options;
  }

  /** The stage is the operator who writes the PSK of Solution #Y into UE and UPF: no message tells of it. */
  #recordProvisioning(holder: 'ue' | 'upf'): void {
    if (this.#provisioned === undefined) return;
    const value = fromHex(this.#provisioned.key);
    this.events.record({ type: 'key', holder, name: 'PSK', value, secret: true });
  }

  async close(): Promise<void> {
    for (const { ue } of this.#ues) ue.dispose();
    await this.#lifecycle.stop();
  }
}

interface StageParts {
  readonly core: Core;
  readonly upfs: readonly Upf[];
  readonly events: EventLog;
  readonly options: StageOptions;
  readonly recorder: StageRecorder;
  readonly lifecycle: Lifecycle;
  readonly subscribers: readonly Subscriber[];
  readonly provisioned: ProvisionedAtBoth | undefined;
}

export interface Subscriber {
  readonly supi: string;
  readonly k: string;
  readonly opc: string;
}

function newSubscriber(supi: string): Subscriber {
  return { supi, k: randomBytes(16).toString('hex'), opc: randomBytes(16).toString('hex') };
}

function newProvisioned({ variant = 'per-ue-per-upf' }: StageOptions): ProvisionedAtBoth {
  return {
    variant,
    kid: randomBytes(16).toString('hex'),
    key: randomBytes(32).toString('hex'),
  };
}

/** N1 and N4 of the core stand in the events already. */
function sbiOnly(tap: CaptureTap): CaptureTap {
  return (packet) => {
    if (packet.interface === 'SBI') tap(packet);
  };
}

/** A copy of a PSK that stays when the UE wipes its own. */
export function kept(psk: UePsk): UePsk {
  return { ...psk, key: psk.key.slice() };
}

/** Waits until `condition` holds. @throws {Error} after `milliseconds` */
export async function until(condition: () => boolean, milliseconds = 5_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
