import { nodeCryptoProvider } from '@mpquic/crypto';
import { NULL_SCHEME_PROFILE, type SuciProfile } from '@mpquic/keys';
import {
  type CaptureTap,
  EventLog,
  Lifecycle,
  loadConfiguration,
  silentLogger,
} from '@mpquic/service';
import { connectN1, Ue, Usim } from '@mpquic/ue-agent';
import { fromHex } from '@mpquic/wire';
import { type Core, type CoreConfiguration, coreSettings, startCore } from '../src/index.ts';
import { ScriptedUpf } from './scripted-upf.ts';

/** Subscriber of TS 35.207 test set 1. */
export const SUBSCRIBER = {
  supi: '001010123456789',
  k: '465b5ce8b199b49faa5f0a2ee238a6bc',
  opc: 'cd63cb71954a9f4e48a5994e37a02baf',
  sqn: '000000000000',
} as const;

/** A core, its UPFs and its UEs in one process over loopback sockets. */
export interface Fixture {
  readonly core: Core;
  readonly upf: ScriptedUpf;
  readonly upfs: readonly ScriptedUpf[];
  readonly events: EventLog;
  ue(options?: UeFixtureOptions): Ue;
  stop(): Promise<void>;
}

export interface UeFixtureOptions {
  readonly imsi?: string;
  readonly k?: string;
  readonly sqn?: number;
  readonly suci?: SuciProfile;
  readonly integrity?: readonly number[];
  readonly solutions?: readonly ('1' | '2' | '3' | '4' | '5' | '6' | 'Y')[];
}

const ANY_PORT = '127.0.0.1:0';

/** Starts a core with `settings` over those of the fixture. */
export async function startFixture(
  settings: Partial<Record<keyof CoreConfiguration, unknown>> = {},
  upfCount = 1,
  tap?: CaptureTap,
): Promise<Fixture> {
  const events = new EventLog();
  const lifecycle = new Lifecycle(silentLogger());
  const upfs = await Promise.all(
    Array.from({ length: upfCount }, (_, i) => ScriptedUpf.open(`upf-${i + 1}.example`)),
  );
  const stop = async (): Promise<void> => {
    await lifecycle.stop();
    for (const upf of upfs) upf.close();
  };
  let core: Core;
  try {
    const configuration = readConfiguration(settings, upfs);
    const crypto = nodeCryptoProvider;
    const options = { configuration, crypto, logger: silentLogger(), events };
    core = await startCore(tap === undefined ? options : { ...options, tap }, lifecycle);
    if (settings.upfs === undefined) await until(core.ready);
  } catch (error) {
    await stop();
    throw error;
  }
  const ues: Ue[] = [];
  return {
    core,
    upf: upfs[0] as ScriptedUpf,
    upfs,
    events,
    ue(options) {
      const ue = createUe(() => core, events, options);
      ues.push(ue);
      return ue;
    },
    async stop() {
      for (const ue of ues) ue.dispose();
      await stop();
    },
  };
}

function readConfiguration(
  settings: Partial<Record<keyof CoreConfiguration, unknown>>,
  upfs: readonly ScriptedUpf[],
): CoreConfiguration {
  return loadConfiguration(coreSettings, {
    role: 'core',
    flags: {
      n1ThreeGpp: ANY_PORT,
      n1NonThreeGpp: ANY_PORT,
      udmSbi: ANY_PORT,
      ausfSbi: ANY_PORT,
      amfSbi: ANY_PORT,
      smfSbi: ANY_PORT,
      n4: ANY_PORT,
      sbiTransport: 'local',
      guardMs: 20_000,
      pfcpT1Ms: 50,
      subscribers: [SUBSCRIBER],
      upfs: upfs.map(({ name, address }) => ({
        id: name,
        n4: `${address.host}:${address.port}`,
      })),
      ...settings,
    },
  });
}

/** A UE that connects to whichever core `coreOf` names then; whoever makes it disposes of it. */
export function createUe(coreOf: () => Core, events: EventLog, options: UeFixtureOptions = {}): Ue {
  const { imsi = SUBSCRIBER.supi, k = SUBSCRIBER.k, sqn = 0, integrity = [2] } = options;
  const crypto = nodeCryptoProvider;
  const plmn = { mcc: '001', mnc: '01' };
  return new Ue({
    environment: {
      crypto,
      events,
      logger: silentLogger(),
      connectN1: (access, receiver) => {
        const { n1 } = coreOf();
        if (n1 === undefined) throw new Error('the fixture has no AMF');
        return connectN1(receiver, { address: n1[access], timeoutMs: 10_000 });
      },
      policy: {
        integrity,
        encryption: [0, 2],
        snssai: { sst: 1 },
        dnn: 'internet',
        guardMs: 20_000,
      },
    },
    usim: new Usim(crypto, {
      imsi,
      plmn,
      k: fromHex(k),
      opc: fromHex(SUBSCRIBER.opc),
      sqn,
      suci: options.suci ?? NULL_SCHEME_PROFILE,
    }),
    plmn,
    psk: {
      solutions: options.solutions ?? ['1', '2', '3', '4', '5', '6', 'Y'],
      countRule: 'stored',
      provisioned: [],
    },
  });
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
