import assert from 'node:assert/strict';
import { type Core, coreSettings, startCore } from '@mpquic/core';
import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  EventLog,
  Lifecycle,
  loadConfiguration,
  silentLogger,
  type TimedRoleEvent,
} from '@mpquic/service';
import { createUeAgent, type StoryReport, type UeAgent, ueSettings } from '@mpquic/ue-agent';
import { startUpf, type Upf, upfSettings } from '@mpquic/upf-proxy';
import { formatAddress, toHex } from '@mpquic/wire';

export type Flags = Readonly<Record<string, unknown>>;

export const UPF_ID = 'upf-1.mpquic.example';
const SUBSCRIBER = {
  supi: '001010123456789',
  k: '465b5ce8b199b49faa5f0a2ee238a6bc',
  opc: 'cd63cb71954a9f4e48a5994e37a02baf',
};

export interface Network {
  readonly core: Core;
  readonly upf: Upf;
  readonly events: EventLog;
  /** Stops everything. */
  readonly lifecycle: Lifecycle;
  /** Stops the core. */
  stopCore(): Promise<void>;
  /** Another life of the core, with the same addresses and nothing remembered. */
  startCore(): Promise<void>;
}

/** A network on ports that the system chooses. */
export async function startNetwork(coreFlags: Flags, upfFlags: Flags = {}): Promise<Network> {
  const logger = silentLogger();
  const events = new EventLog();
  const lifecycle = new Lifecycle(logger);
  const upf = await startUpf(
    loadConfiguration(upfSettings, {
      role: 'upf-proxy',
      flags: {
        nodeId: UPF_ID,
        n4: '127.0.0.1:0',
        access3gpp: '127.0.0.1:0',
        accessNon3gpp: '127.0.0.1:0',
        ...upfFlags,
      },
    }),
    lifecycle,
    { logger, events },
  );
  const coreIn = (life: Lifecycle, flags: Flags): Promise<Core> =>
    beginCore(formatAddress(upf.n4), { ...coreFlags, ...flags }, life, events);
  let coreLife = new Lifecycle(logger);
  lifecycle.onStop('core', () => coreLife.stop());
  const first = await coreIn(coreLife, {});
  let core = first;
  return {
    get core() {
      return core;
    },
    upf,
    events,
    lifecycle,
    stopCore: () => coreLife.stop(),
    async startCore() {
      const { n1, n4 } = first;
      assert.ok(n1 && n4);
      coreLife = new Lifecycle(logger);
      core = await coreIn(coreLife, {
        n1ThreeGpp: formatAddress(n1['3gpp']),
        n1NonThreeGpp: formatAddress(n1['non-3gpp']),
        n4: formatAddress(n4),
      });
    },
  };
}

/** A core for a UPF that runs elsewhere. */
export async function startCoreFor(
  upfN4: string,
  flags: Flags,
): Promise<Pick<Network, 'core' | 'events' | 'lifecycle'>> {
  const lifecycle = new Lifecycle(silentLogger());
  const events = new EventLog();
  return { core: await beginCore(upfN4, flags, lifecycle, events), events, lifecycle };
}

function beginCore(
  upfN4: string,
  flags: Flags,
  lifecycle: Lifecycle,
  events: EventLog,
): Promise<Core> {
  const configuration = loadConfiguration(coreSettings, {
    role: 'core',
    flags: {
      n1ThreeGpp: '127.0.0.1:0',
      n1NonThreeGpp: '127.0.0.1:0',
      n4: '127.0.0.1:0',
      udmSbi: '127.0.0.1:0',
      ausfSbi: '127.0.0.1:0',
      amfSbi: '127.0.0.1:0',
      smfSbi: '127.0.0.1:0',
      sbiTransport: 'local',
      upfs: [{ id: UPF_ID, n4: upfN4 }],
      subscribers: [SUBSCRIBER],
      ...flags,
    },
  });
  const logger = silentLogger();
  return startCore({ configuration, crypto: nodeCryptoProvider, logger, events }, lifecycle);
}

/** A UE of that network, which does nothing by itself. */
export function createAgent(
  { core, events }: Pick<Network, 'core' | 'events'>,
  flags: Flags = {},
): UeAgent {
  const n1 = core.n1 ?? assert.fail('no AMF');
  const settings = loadConfiguration(ueSettings, {
    role: 'ue-agent',
    flags: {
      ...SUBSCRIBER,
      n1ThreeGpp: formatAddress(n1['3gpp']),
      n1NonThreeGpp: formatAddress(n1['non-3gpp']),
      local3gpp: '127.0.0.1',
      localNon3gpp: '127.0.0.1',
      transferBytes: 300_000,
      ...flags,
    },
  });
  return createUeAgent(settings, { crypto: nodeCryptoProvider, events, logger: silentLogger() });
}

/** The story of a UE of that network. */
export async function tell(network: Network, flags: Flags = {}): Promise<StoryReport> {
  const agent = createAgent(network, flags);
  try {
    return (await agent.tell()) ?? assert.fail('no story');
  } finally {
    await agent.stop();
  }
}

type PskEvent = Extract<TimedRoleEvent, { readonly type: 'psk' }>;

export function pskStates(events: EventLog, holder: string): string[] {
  return events.events
    .filter((event): event is PskEvent => event.type === 'psk' && event.holder === holder)
    .map(({ state }) => state);
}

/** The PSK as each function computed or received it. */
export function pskValues(events: EventLog, names: readonly string[]): Set<string> {
  const values = events.events.flatMap((event) =>
    (event.type === 'key' || event.type === 'key_received') && names.includes(event.name)
      ? [toHex(event.value)]
      : [],
  );
  return new Set(values);
}

/** The last key of that name that a function derived, in hexadecimal. */
export function lastKey(events: EventLog, holder: string, name: string): string | undefined {
  const found = events.events.findLast(
    (event) => event.type === 'key' && event.holder === holder && event.name === name,
  );
  return found?.type === 'key' ? toHex(found.value) : undefined;
}
