/** Core, UPF and UE in one process, over real sockets: the story of each solution. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Core, coreSettings, startCore } from '@mpquic/core';
import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  EventLog,
  Lifecycle,
  loadConfiguration,
  silentLogger,
  type TimedRoleEvent,
} from '@mpquic/service';
import { createUeAgent, type StoryReport, ueSettings } from '@mpquic/ue-agent';
import { startUpf, type Upf, upfSettings } from '@mpquic/upf-proxy';
import { formatAddress, toHex } from '@mpquic/wire';

const UPF_ID = 'upf-1.mpquic.example';
const SUBSCRIBER = {
  supi: '001010123456789',
  k: '465b5ce8b199b49faa5f0a2ee238a6bc',
  opc: 'cd63cb71954a9f4e48a5994e37a02baf',
};

interface Network {
  readonly core: Core;
  readonly upf: Upf;
  readonly events: EventLog;
  readonly lifecycle: Lifecycle;
}

/** A network on ports that the system chooses. */
async function startNetwork(
  coreFlags: Readonly<Record<string, unknown>>,
  upfFlags: Readonly<Record<string, unknown>> = {},
): Promise<Network> {
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
  const configuration = loadConfiguration(coreSettings, {
    role: 'core',
    flags: {
      n1ThreeGpp: '127.0.0.1:0',
      n1NonThreeGpp: '127.0.0.1:0',
      n4: '127.0.0.1:0',
      sbiTransport: 'local',
      upfs: [{ id: UPF_ID, n4: formatAddress(upf.n4) }],
      subscribers: [SUBSCRIBER],
      ...coreFlags,
    },
  });
  const options = { configuration, crypto: nodeCryptoProvider, logger, events };
  const core = await startCore(options, lifecycle);
  return { core, upf, events, lifecycle };
}

async function tell(
  { core, events }: Network,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<StoryReport> {
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
  const io = { crypto: nodeCryptoProvider, events, logger: silentLogger() };
  const agent = createUeAgent(settings, io);
  try {
    return (await agent.tell()) ?? assert.fail('no story');
  } finally {
    await agent.stop();
  }
}

type PskEvent = Extract<TimedRoleEvent, { readonly type: 'psk' }>;

function pskStates(events: EventLog, holder: string): string[] {
  return events.events
    .filter((event): event is PskEvent => event.type === 'psk' && event.holder === holder)
    .map(({ state }) => state);
}

/** The PSK as each function computed or received it. */
function pskValues(events: EventLog, names: readonly string[]): Set<string> {
  const values = events.events.flatMap((event) =>
    (event.type === 'key' || event.type === 'key_received') && names.includes(event.name)
      ? [toHex(event.value)]
      : [],
  );
  return new Set(values);
}

for (const [solution, variant, pskMode, names] of [
  ['4', 'stored-count', 'raw', ['K_UPF', 'PSK']],
  ['1', 'k-gnb-upf', 'imported', ['UPF_PSK', 'PSK']],
  ['3', 'k-smf-ip', 'raw', ['PSK']],
  ['5', 'fresh', 'imported', ['K_UPF', 'PSK']],
] as const) {
  test(`the story of solution ${solution} ${variant}, ${pskMode} PSK`, async () => {
    const network = await startNetwork({ solution, variant, pskMode });
    try {
      const report = await tell(network);
      assert.equal(report.solution, solution);
      assert.equal(report.variant, variant);
      assert.equal(report.pskMode, pskMode);
      assert.equal(report.transfer?.bytes, 300_000);
      assert.ok(report.transfer?.cut !== undefined, '3GPP access was cut');
      assert.deepEqual(
        report.paths.map(({ access }) => access),
        ['3gpp', 'non-3gpp'],
      );
      assert.ok(report.paths.every(({ bytesReceived }) => bytesReceived > 0));
      assert.equal(report.afterRelease?.accepted, false);
      assert.match(report.afterRelease?.detail ?? '', /0x133/);
      assert.equal(pskValues(network.events, names).size, 1, 'all computed the same key');
      assert.deepEqual(pskStates(network.events, 'ue'), ['derived', 'in_use', 'deleted']);
      assert.deepEqual(pskStates(network.events, 'upf'), ['installed', 'in_use', 'deleted']);
      assert.equal(network.upf.registry.size, 0);
      assert.equal(network.upf.sessions.size, 0);
      assert.deepEqual(network.core.counts(), { ues: 0, sessions: 0 });
    } finally {
      await network.lifecycle.stop();
    }
  });
}

for (const variant of ['push-key', 'push-rand']) {
  test(`solution 6 ${variant}: the UPF asks, the AMF sends to UE and UPF`, async () => {
    const network = await startNetwork({ solution: '6', variant }, { requestPsk: true });
    try {
      const report = await tell(network, { transferBytes: 0 });
      assert.equal(report.variant, variant);
      assert.equal(report.afterRelease?.accepted, false);
      assert.match(report.afterRelease?.detail ?? '', /0x133/);
      assert.equal(pskValues(network.events, ['Key', 'PSK']).size, 1);
    } finally {
      await network.lifecycle.stop();
    }
  });
}

for (const pskMode of ['raw', 'imported']) {
  for (const variant of ['per-ue', 'per-ue-per-upf']) {
    test(`solution Y ${variant}, ${pskMode}: the provisioned PSK outlives the session`, async () => {
      const psk = { kid: 'aa01', key: '07'.repeat(32), variant };
      const network = await startNetwork(
        { solution: 'Y', variant, pskMode },
        { provisionedPsks: [{ ...psk, mode: pskMode }] },
      );
      try {
        const report = await tell(network, { transferBytes: 0, provisionedPsks: [psk] });
        assert.equal(report.afterRelease?.accepted, true);
        assert.deepEqual(pskStates(network.events, 'upf'), ['installed', 'in_use']);
      } finally {
        await network.lifecycle.stop();
      }
    });
  }
}

test('solution 3: the UE is quicker than the key; a UPF that holds handshakes lets it in', async () => {
  const delivery = 'smf-request-at-12+n4-modification-at-13';
  const network = await startNetwork(
    { solution: '3', variant: 'k-amf-psi', delivery },
    { unknownKid: 'hold', holdMs: 3000 },
  );
  try {
    const report = await tell(network, { transferBytes: 0 });
    assert.equal(report.solution, '3');
  } finally {
    await network.lifecycle.stop();
  }
});
