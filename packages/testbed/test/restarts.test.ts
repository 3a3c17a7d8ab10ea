/** AMF, SMF and UPF die in the middle and start again: every time all sides agree, and no PSK is left over. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { Lifecycle, loadConfiguration, noEvents, silentLogger } from '@mpquic/service';
import { createUeAgent, type MaPduSession, type UeAgent, ueSettings } from '@mpquic/ue-agent';
import { startUpf, type Upf, upfSettings } from '@mpquic/upf-proxy';
import { formatAddress } from '@mpquic/wire';
import { RoleProcess } from '../src/story/role-process.ts';
import { freeTcpPort, freeUdpPort } from './free-port.ts';

const UPF_ID = 'upf-1.mpquic.example';
const HEARTBEAT = { heartbeatMs: 100, pfcpT1Ms: 400, pfcpN1: 3 } as const;
const SUBSCRIBER = {
  supi: '001010123456789',
  k: '465b5ce8b199b49faa5f0a2ee238a6bc',
  opc: 'cd63cb71954a9f4e48a5994e37a02baf',
};

type Settings = Readonly<Record<string, unknown>>;

/** Functions of the core as processes, which can be killed and started again in their place. */
class Functions {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'mpquic-restart-'));
  readonly #running = new Map<string, RoleProcess>();
  readonly #settings = new Map<string, { settings: Settings; observability: string }>();

  async start(name: string, settings: Settings): Promise<void> {
    const metrics = `127.0.0.1:${await freeTcpPort()}`;
    this.#settings.set(name, {
      settings: { ...settings, metrics },
      observability: `http://${metrics}`,
    });
    await this.startAgain(name);
  }

  async startAgain(name: string): Promise<void> {
    const known = this.#settings.get(name) ?? assert.fail(name);
    const started = await RoleProcess.start({
      role: 'core',
      name,
      folder: this.#folder,
      ...known,
    });
    this.#running.set(name, started);
  }

  async kill(name: string): Promise<void> {
    const role = this.#running.get(name) ?? assert.fail(name);
    role.signal('SIGKILL');
    await role.exited;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((role) => role.stop()));
    rmSync(this.#folder, { recursive: true });
  }
}

const functions = new Functions();
let upfLifecycle: Lifecycle;
let upf: Upf;
let upfFlags: Settings = {
  nodeId: UPF_ID,
  n4: '127.0.0.1:0',
  access3gpp: '127.0.0.1:0',
  accessNon3gpp: '127.0.0.1:0',
  ...HEARTBEAT,
};
let agent: UeAgent;
let session: MaPduSession;

async function startOwnUpf(): Promise<void> {
  const logger = silentLogger();
  const settings = loadConfiguration(upfSettings, { role: 'upf-proxy', flags: upfFlags });
  upfLifecycle = new Lifecycle(logger);
  upf = await startUpf(settings, upfLifecycle, { logger, events: noEvents });
  upfFlags = { ...upfFlags, n4: formatAddress(upf.n4) };
}

async function startAll(): Promise<void> {
  await startOwnUpf();
  const tcp = await Promise.all(Array.from({ length: 6 }, freeTcpPort));
  const [udm, ausf, amf, smf, n1ThreeGpp, n1NonThreeGpp] = tcp.map((port) => `127.0.0.1:${port}`);
  const common = {
    udmSbi: udm,
    ausfSbi: ausf,
    amfSbi: amf,
    smfSbi: smf,
    n1ThreeGpp,
    n1NonThreeGpp,
    n4: `127.0.0.1:${await freeUdpPort()}`,
    upfs: [{ id: UPF_ID, n4: formatAddress(upf.n4) }],
    ...HEARTBEAT,
  };
  await Promise.all([
    functions.start('home', { ...common, nf: ['udm', 'ausf'], subscribers: [SUBSCRIBER] }),
    functions.start('amf', { ...common, nf: ['amf'] }),
    functions.start('smf', { ...common, nf: ['smf'] }),
  ]);
  agent = createUeAgent(
    loadConfiguration(ueSettings, {
      role: 'ue-agent',
      flags: { ...SUBSCRIBER, n1ThreeGpp, n1NonThreeGpp },
    }),
    { crypto: nodeCryptoProvider, events: noEvents, logger: silentLogger() },
  );
}

async function stopAll(): Promise<void> {
  await agent.stop();
  await functions.stop();
  await upfLifecycle.stop();
}

/** UE and UPF hold the same one PSK. */
async function establish(): Promise<void> {
  session = await agent.ue.establishSession(5, '3gpp');
  const { kid } = await agent.ue.derivePsk(session);
  await until(() => upf.registry.has(kid));
  assert.equal(upf.registry.size, 1);
}

async function nothingLeft(): Promise<void> {
  await until(() => upf.registry.size === 0 && upf.sessions.size === 0);
  await until(() => session.psk === undefined);
  assert.equal(agent.ue.holds(session), false);
}

// One test with parts: hooks of a file would be those of all files of the process.
test('restarts of AMF, SMF and UPF', async (context) => {
  await startAll();
  context.after(stopAll);

  await context.test(
    'the UPF dies: the UE is told, and sets its session up anew at the next life of the UPF',
    async () => {
      await agent.ue.register('3gpp');
      await agent.ue.register('non-3gpp');
      await establish();
      const died = wholeSeconds();
      await upfLifecycle.stop();
      // The SMF knows another life by its Recovery Time Stamp, which counts seconds. TS 29.244 §8.2.65
      await until(() => wholeSeconds() > died);
      await startOwnUpf();
      await nothingLeft();
      await until(() => upf.server.address.port !== 0);
      await eventually(establish);
    },
  );

  await context.test(
    'the SMF dies: the UPF forgets its PSKs by itself, and the UE learns it from the AMF',
    async () => {
      await functions.kill('smf');
      await until(() => upf.registry.size === 0 && upf.sessions.size === 0);
      await functions.startAgain('smf');
      await nothingLeft();
      assert.equal(agent.ue.registered('3gpp'), true);
      await eventually(establish);
    },
  );

  await context.test(
    'the AMF dies: the SMF is told, and the UE begins from the start',
    async () => {
      await functions.kill('amf');
      await until(() => !agent.ue.connected('3gpp') && !agent.ue.connected('non-3gpp'));
      await functions.startAgain('amf');
      await until(() => upf.registry.size === 0 && upf.sessions.size === 0);
      await assert.rejects(agent.ue.requestService('3gpp'), /ueIdentityCannotBeDerived/);
      await nothingLeft();
      assert.equal(agent.ue.registered('3gpp'), false);
      await agent.ue.register('3gpp');
      await agent.ue.register('non-3gpp');
      await establish();
    },
  );
});

/** The other side may need a moment to be associated again. */
async function eventually(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await pause(100);
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) assert.fail(`not so after 20 s: ${condition.toString()}`);
    await pause(10);
  }
}

function wholeSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
