import {
  type AccessOf,
  type ConnectionConfig,
  type PathSnapshot,
  type Steering,
  steeringScheduler,
} from '@mpquic/quic';
import type { LinkOptions } from '@mpquic/testkit';
import type { Measurement } from '../result.ts';
import { ConnectedPair } from '../simulation/connected-pair.ts';
import { DatagramStream, type DatagramStreamOptions } from '../simulation/datagram-stream.ts';
import { DownloadScene } from '../simulation/download-scene.ts';
import type { SimulatedSpec } from './simulated-paths.ts';

/** Two accesses of 40 Mbit/s, 10 and 40 ms one way, each with a queue of about 20 ms. */
const NEAR: LinkOptions = { delay: 10_000, rate: 40_000_000, queueLimit: 100_000 };
const FAR: LinkOptions = { ...NEAR, delay: 40_000 };

/** The path of the handshake is that of 3GPP access. */
const accessOf: AccessOf = ({ id }) => (id === 0 ? '3gpp' : 'non-3gpp');

function steeredBy(steering: Steering): Partial<ConnectionConfig> {
  return { scheduler: steeringScheduler(steering, accessOf) };
}

/** Steering modes on a virtual clock: what is measured does not depend on the machine. TS 23.501 §5.32.8 */
export const steeringSpecs: readonly SimulatedSpec[] = [
  {
    name: 'steering-load-balancing',
    title: 'Load-Balancing: a bulk stream over 40 Mbit/s with 10 ms and 40 Mbit/s with 40 ms',
    unit: 'Mbit/s',
    goal: { of: 'ratio', atLeast: 0.9 },
    measure: (seed) => goodput(seed, [NEAR, FAR], { type: 'loadBalancing' }),
    reference: { name: 'sum of each access alone', measure: sumOfBoth },
  },
  {
    name: 'steering-smallest-delay',
    title: 'Smallest Delay: 99th percentile of the latency of 20 Mbit/s in datagrams',
    unit: 'ms',
    goal: { of: 'ratio', atMost: 1.2 },
    measure: (seed) => latency(seed, [JITTERY_NEAR, JITTERY_FAR], { type: 'smallestDelay' }),
    reference: {
      name: 'the better access alone',
      measure: (seed) => latency(seed, [JITTERY_NEAR]),
    },
  },
  {
    name: 'steering-redundant',
    title: 'Redundant: datagrams lost at 10 % independent loss on each access',
    unit: '% lost',
    goal: { of: 'median', atMost: 0 },
    measure: (seed) => loss(seed, [lossy(NEAR), lossy(FAR)], { type: 'redundant' }),
    reference: { name: 'one access alone', measure: (seed) => loss(seed, [lossy(NEAR)]) },
  },
  {
    name: 'steering-active-standby',
    title: 'Active-Standby: the active access dies; time until data leaves over the other one',
    unit: 'PTO',
    goal: { of: 'median', atMost: 3 },
    measure: switchover,
  },
];

const WARM_UP = 3_000_000;
const DURATION = 5_000_000;

function goodput(seed: number, links: readonly LinkOptions[], steering?: Steering): Measurement {
  const scene = new DownloadScene(seed, links, steering && steeredBy(steering));
  const value = (scene.goodput(WARM_UP, DURATION) * 8) / 1e6;
  return { value, details: { 'octets wrong': scene.wrong } };
}

function sumOfBoth(seed: number): Measurement {
  const near = goodput(seed, [NEAR]).value;
  const far = goodput(seed, [FAR]).value;
  return { value: near + far, details: { '10 ms alone': near, '40 ms alone': far } };
}

const JITTERY_NEAR: LinkOptions = { ...NEAR, jitter: 4_000 };
const JITTERY_FAR: LinkOptions = { ...FAR, jitter: 4_000 };
/** 1200 octets every 480 us: half of what one access carries. */
const HALF_LOAD: DatagramStreamOptions = { interval: 480, length: 1_200 };

function latency(seed: number, links: readonly LinkOptions[], steering?: Steering): Measurement {
  const stream = run(seed, links, HALF_LOAD, DURATION, steering);
  return {
    value: stream.latency(0.99) / 1000,
    details: { 'p50 ms': stream.latency(0.5) / 1000, 'datagrams lost': stream.lost },
  };
}

function lossy(link: LinkOptions): LinkOptions {
  return { ...link, loss: 0.1 };
}

/** As a voice call: 160 octets every 20 ms, for a minute. */
const VOICE: DatagramStreamOptions = { interval: 20_000, length: 160 };
const CALL = 60_000_000;

function loss(seed: number, links: readonly LinkOptions[], steering?: Steering): Measurement {
  const stream = run(seed, links, VOICE, CALL, steering);
  return {
    value: (100 * stream.lost) / stream.sent,
    details: {
      'datagrams sent': stream.sent,
      'datagrams lost': stream.lost,
      'p99 ms': stream.latency(0.99) / 1000,
    },
  };
}

const LATE = 2_000_000;

function run(
  seed: number,
  links: readonly LinkOptions[],
  options: DatagramStreamOptions,
  duration: number,
  steering?: Steering,
): DatagramStream {
  const stream = new DatagramStream(options, steering && steeringScheduler(steering, accessOf));
  const pair = new ConnectedPair(seed, links, {
    clientEvent: (event, now) => stream.clientEvent(event, now),
  });
  stream.start(pair);
  pair.simulation.runFor(duration);
  stream.stop();
  pair.simulation.runFor(LATE);
  return stream;
}

/** When data leaves over the standby access after the active one died for good; and what the client saw of it. */
function switchover(seed: number): Measurement {
  const steering: Steering = { type: 'activeStandby', active: '3gpp', standby: 'non-3gpp' };
  const scene = new DownloadScene(seed, [NEAR, FAR], steeredBy(steering));
  const { pair, simulation } = scene;
  simulation.runFor(1_000_000);
  const { pto } = pathOf(pair, 0);
  const idle = pathOf(pair, 1).bytesSent;
  scene.watch();
  pair.cut(0);
  const cutAt = simulation.now;
  const switched = (): boolean => pathOf(pair, 1).bytesSent - idle > FULL_PACKET;
  simulation.runUntil(switched, DURATION, 'data over the standby access');
  const switchedAfter = simulation.now - cutAt;
  simulation.runFor(2_000_000);
  return {
    value: switchedAfter / pto,
    details: {
      'switched after ms': switchedAfter / 1000,
      'PTO ms': pto / 1000,
      'client without data ms': scene.longestSilence / 1000,
      'stream octets lost or wrong': scene.wrong,
      ...datagramsAtSwitchover(seed, steering),
    },
  };
}

const FULL_PACKET = 1_200;

function pathOf(pair: ConnectedPair, id: number): PathSnapshot {
  return pair.server.paths().find((path) => path.id === id) as PathSnapshot;
}

/** 100 datagrams a second, of which those on their way to a dead access are lost. */
function datagramsAtSwitchover(seed: number, steering: Steering): Record<string, number> {
  const route = steeringScheduler(steering, accessOf);
  const stream = new DatagramStream({ interval: 10_000, length: 1_000 }, route);
  const pair = new ConnectedPair(seed, [NEAR, FAR], {
    clientEvent: (event, now) => stream.clientEvent(event, now),
  });
  stream.start(pair);
  pair.simulation.runFor(1_000_000);
  pair.cut(0);
  pair.simulation.runFor(2_000_000);
  stream.stop();
  pair.simulation.runFor(LATE);
  return { 'datagrams lost of 100 per second': stream.lost };
}
