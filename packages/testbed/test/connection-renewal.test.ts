/** A new PSK or another UPF: the UE makes its connections anew by itself, and applications notice as little as said. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import { startDataNetwork } from '../src/data-network/data-network.ts';
import { Stage, type StageOptions, type StageUe, until } from '../src/experiments/stage.ts';
import { Application, forwardPort } from './traffic-scene.ts';

interface Scene {
  readonly stage: Stage;
  readonly one: StageUe;
  readonly application: Application;
}

/** An application that has its first answer over the connection of the session. */
async function startScene(
  context: TestContext,
  options: StageOptions,
  ue: Readonly<Record<string, unknown>> = {},
): Promise<Scene> {
  const data = await startDataNetwork({
    echoes: [{ host: '127.0.0.1', port: 0 }],
    dns: { host: '127.0.0.1', port: 0 },
    names: new Map(),
  });
  const { port } = data.echoes[0]?.address ?? assert.fail('no echo');
  const upf = { allowTargets: [`127.0.0.1:${port}`], ...options.upf };
  const stage = await Stage.open({ ...options, upf });
  const one = stage.ue(0, { story: 'traffic', forward: [`udp/0=127.0.0.1:${port}`], ...ue });
  context.after(async () => {
    await one.agent.stop();
    await stage.close();
    await data.close();
  });
  await one.agent.tell();
  const traffic = one.agent.traffic ?? assert.fail('no traffic');
  const application = new Application(context, forwardPort(traffic, 0));
  application.send(utf8('first'));
  await application.until(1);
  return { stage, one, application };
}

/** How often the UE authenticated itself to a UPF. */
function handshakes({ events }: Stage): number {
  return events.events.filter(
    (event) => event.type === 'psk' && event.holder === 'ue' && event.state === 'in_use',
  ).length;
}

async function connectionOf({ one }: Scene) {
  const [connection] = (await one.agent.traffic?.userPlane.connections()) ?? [];
  return connection;
}

/** Whether another connection serves the flows, and the flows go on. */
async function isReplaced(scene: Scene, before: unknown): Promise<void> {
  let now = await connectionOf(scene);
  const end = performance.now() + 10_000;
  while (now === undefined || now === before) {
    assert.ok(performance.now() < end, 'no new connection');
    // Where the old one ended first, the next datagram opens another.
    scene.application.send(utf8('more'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    now = await connectionOf(scene);
  }
  const { application } = scene;
  await application.keepSending(utf8('more'), application.received.length + 20);
}

for (const renewal of ['make-before-break', 'graceful-gap'] as const) {
  test(`#6, the core renews the key: ${renewal}`, async (context) => {
    const scene = await startScene(
      context,
      { solution: '6', core: { rekey: renewal } },
      { rekey: renewal },
    );
    const { stage, one } = scene;
    const before = await connectionOf(scene);
    const earlier = handshakes(stage);
    let handshakesAtEnd: number | undefined;
    void before?.ended.then(() => {
      handshakesAtEnd = handshakes(stage) - earlier;
    });
    await stage.smf('rekey', one.supi);
    await isReplaced(scene, before);
    await until(() => handshakesAtEnd !== undefined);
    // With a gap the old connection ends before there is another one.
    assert.equal(handshakesAtEnd, renewal === 'make-before-break' ? 1 : 0);
  });
}

test('#1, idle to connected: the UE goes on with the new PSK', async (context) => {
  const scene = await startScene(context, { solution: '1' });
  const { one } = scene;
  const before = await connectionOf(scene);
  one.ue.goIdle('3gpp');
  await one.ue.requestService('3gpp');
  await isReplaced(scene, before);
});

for (const [variant, overlap] of [
  ['k-amf-upf', 500],
  ['k-amf', 500],
  ['k-amf-upf', 0],
] as const) {
  test(`#1 ${variant}, relocation, the old UPF stays for ${overlap} ms: the UE moves`, async (context) => {
    const scene = await startScene(context, {
      solution: '1',
      variant,
      upfCount: 2,
      core: { relocationOverlapMs: overlap },
    });
    const { stage, one } = scene;
    const before = await connectionOf(scene);
    await stage.smf('relocate', one.supi);
    await isReplaced(scene, before);
    const [first, second] = stage.upfs;
    assert.equal(second?.registry.size, 1);
    await until(() => first?.registry.size === 0);
  });
}
