import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SchedulablePath } from '../src/paths/scheduler.ts';
import type { SteeringAccess } from '../src/steering/access.ts';
import { type Steering, steeringScheduler } from '../src/steering/steering-scheduler.ts';
import { CLIENT_3GPP, type SceneOptions, TwoPathScene } from './two-path-scene.ts';

const accessOf = ({ local }: SchedulablePath): SteeringAccess =>
  local === CLIENT_3GPP ? '3gpp' : 'non-3gpp';

function scene(options: Omit<SceneOptions, 'seed'>): TwoPathScene {
  const started = new TwoPathScene({ seed: 4711, ...options }).handshake();
  started.openSecondPath();
  return started;
}

/** Sends `count` numbered datagrams of 1000 octets, one every `interval`; what arrived, and after how long. */
function sendDatagrams(
  started: TwoPathScene,
  steering: Steering,
  count: number,
  interval: number,
): { readonly arrived: Map<number, number>; readonly copies: number } {
  const scheduler = steeringScheduler(steering, accessOf);
  const sentAt: number[] = [];
  const arrived = new Map<number, number>();
  let copies = 0;
  const { simulation, client, server } = started;
  const handle = server.handle.bind(server);
  server.handle = (event, now) => {
    handle(event, now);
    if (event.type !== 'datagram') return;
    copies += 1;
    const number = ((event.data[0] as number) << 8) | (event.data[1] as number);
    if (!arrived.has(number)) arrived.set(number, now - (sentAt[number] as number));
  };
  for (let number = 0; number < count; number++) {
    simulation.at(started.now + number * interval, () => {
      const data = new Uint8Array(1_000);
      data[0] = number >> 8;
      data[1] = number;
      sentAt[number] = simulation.now;
      client.connection.sendDatagram(data, scheduler);
    });
  }
  simulation.runFor(count * interval + 2_000_000);
  return { arrived, copies };
}

test('redundant datagrams: nothing is lost where each path loses 10 %', () => {
  const lossy = { delay: 10_000, loss: 0.1 };
  const started = scene({ link: lossy, second: { ...lossy, delay: 15_000 } });
  const { arrived, copies } = sendDatagrams(started, { type: 'redundant' }, 500, 25_000);
  assert.equal(arrived.size, 500);
  assert.ok(copies > 850 && copies < 950, `${copies} copies`);
  const status = [...started.client.datagramStatus.values()];
  assert.equal(status.filter((fate) => fate === 'acknowledged').length, 500);
});

test('redundant datagrams go on over one path while the other is down', () => {
  const started = scene({ link: { delay: 10_000 } });
  started.simulation.at(started.now + 1_000_000, () => {
    for (const link of [started.wires[1].forth, started.wires[1].back])
      link.set({ blackhole: true });
  });
  const { arrived } = sendDatagrams(started, { type: 'redundant' }, 1_000, 5_000);
  assert.equal(arrived.size, 1_000);
  assert.ok(Math.max(...arrived.values()) < 12_000);
});

test('smallest delay: all datagrams over the faster path', () => {
  const started = scene({ link: { delay: 10_000 }, second: { delay: 40_000 } });
  const { arrived } = sendDatagrams(started, { type: 'smallestDelay' }, 200, 2_000);
  assert.equal(arrived.size, 200);
  assert.ok(Math.max(...arrived.values()) < 12_000);
});

test('active-standby: datagrams go on over the standby after the active access fails', () => {
  const started = scene({ link: { delay: 10_000 }, second: { delay: 20_000 } });
  const steering = { type: 'activeStandby', active: '3gpp', standby: 'non-3gpp' } as const;
  const pto = started.client.connection.paths()[0]?.pto ?? 0;
  const cutAt = started.now + 500_000;
  started.simulation.at(cutAt, () => {
    for (const link of [started.wires[0].forth, started.wires[0].back])
      link.set({ blackhole: true });
  });
  const { arrived } = sendDatagrams(started, steering, 400, 5_000);
  const lost = 400 - arrived.size;
  // One is sent every 5 ms: those of three probe timeouts are lost at most.
  assert.ok(lost <= Math.ceil((3 * pto) / 5_000), `${lost} lost, PTO ${pto} us`);
  assert.ok(lost > 0);
});

test('load-balancing shares the datagrams as told', () => {
  const started = scene({ link: { delay: 10_000 } });
  const before = started.client.connection.paths().map(({ bytesSent }) => bytesSent);
  const steering = { type: 'loadBalancing', sharePercent3gpp: 80 } as const;
  const { arrived } = sendDatagrams(started, steering, 500, 1_000);
  assert.equal(arrived.size, 500);
  const sent = started.client.connection
    .paths()
    .map(({ bytesSent }, i) => bytesSent - (before[i] as number));
  const share = (sent[0] as number) / ((sent[0] as number) + (sent[1] as number));
  assert.ok(share > 0.75 && share < 0.85, `${share}`);
});

test('load-balancing of a bulk stream reaches 90 % of the sum of two shaped paths', () => {
  const rate = 40_000_000;
  const queueLimit = 128 * 1024;
  const started = scene({
    link: { delay: 10_000, rate, queueLimit },
    second: { delay: 40_000, rate, queueLimit },
    config: () => ({ scheduler: steeringScheduler({ type: 'loadBalancing' }, accessOf) }),
  });
  const octets = 35_000_000;
  const start = started.now;
  started.client.send(octets);
  started.runUntilDelivered(30_000_000);
  const mbps = (octets * 8) / (started.now - start);
  // Of 1378 octets on the wire, 1300 are of the stream.
  assert.ok(mbps > 0.9 * 80 * (1300 / 1378), `${mbps} Mbit/s`);
});

test('datagrams of one scheduler that has no way do not hold back those of another', () => {
  const started = scene({ link: { delay: 10_000 } });
  const { connection } = started.client;
  const none = { name: 'none', select: () => -1 };
  for (let i = 0; i < 5; i++) connection.sendDatagram(new Uint8Array(10), none);
  const { arrived } = sendDatagrams(started, { type: 'smallestDelay' }, 20, 1_000);
  assert.equal(arrived.size, 20);
  connection.useScheduler(none);
  started.client.send(1_000);
  started.simulation.runFor(1_000_000);
  assert.equal(started.server.received, 0);
});
