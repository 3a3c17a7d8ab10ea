import { createNgtcp2ConnectionSet, ngtcp2Version } from '@mpquic/ngtcp2';
import type { ConnectionSet } from '@mpquic/quic';
import { type LinkOptions, SimulationError } from '@mpquic/testkit';
import type { Measurement } from '../result.ts';
import { downloadTime } from '../simulation/sized-download.ts';
import type { SimulatedSpec } from './simulated-paths.ts';

const LINK_RATE = 10_000_000;
const FULL_PACKET = 1500;

/** 10 Mbit/s, 15 ms and 25 packets of queue, as the QUIC interop runner has it. */
const RUNNER_LINK: LinkOptions = {
  delay: 15_000,
  rate: LINK_RATE,
  queueLimit: 25 * FULL_PACKET,
};

const BULK = 10 * 1024 * 1024;
const FILE = 2_000_000;
const SMALL_FILE = 1_024;
/** Downloads of one measurement: chance decides about single ones. */
const DOWNLOADS = 20;
const HANDSHAKES = 50;

type CreateSet = () => ConnectionSet;

/** On a virtual clock, beside ngtcp2 as WebAssembly on both ends of the same link. */
export const runnerLinkSpecs: readonly SimulatedSpec[] = [
  {
    name: 'runner-link-goodput',
    title: "10 MiB over the runner's link, handshake included",
    unit: '% of the link',
    goal: { of: 'median', atLeast: 93 },
    ...compared(goodput),
  },
  {
    name: 'runner-link-loss',
    title: "2 MB at 2 % loss over the runner's link, mean of 20",
    unit: 's',
    goal: { of: 'ratio', atMost: 1.2 },
    ...compared(lossyDownload),
  },
  {
    name: 'runner-link-handshakes',
    title: "Connection and 1 KiB at 30 % loss over the runner's link, mean of 50",
    unit: 's',
    goal: { of: 'ratio', atMost: 1.2 },
    ...compared(lossyHandshakes),
  },
];

/** Ours, and ngtcp2's where it was built. */
function compared(
  measure: (seed: number, createSet?: CreateSet) => Measurement,
): Pick<SimulatedSpec, 'measure' | 'reference'> {
  const version = ngtcp2Version();
  if (version === undefined) return { measure };
  return {
    measure,
    reference: {
      name: `ngtcp2 ${version} (WebAssembly)`,
      measure: (seed) => measure(seed, createNgtcp2ConnectionSet),
    },
  };
}

function goodput(seed: number, createSet?: CreateSet): Measurement {
  const seconds = downloadTime(seed, RUNNER_LINK, BULK, createSet) / 1e6;
  return { value: (100 * 8 * BULK) / seconds / LINK_RATE };
}

function lossyDownload(seed: number, createSet?: CreateSet): Measurement {
  const link = { ...RUNNER_LINK, loss: 0.02 };
  return averageTime(seed, DOWNLOADS, link, FILE, createSet);
}

function lossyHandshakes(seed: number, createSet?: CreateSet): Measurement {
  const link = { ...RUNNER_LINK, loss: 0.3 };
  return averageTime(seed, HANDSHAKES, link, SMALL_FILE, createSet);
}

/** Seconds of those that complete. */
function averageTime(
  seed: number,
  count: number,
  link: LinkOptions,
  octets: number,
  createSet: CreateSet | undefined,
): Measurement {
  let sum = 0;
  let completed = 0;
  for (let i = 0; i < count; i++) {
    try {
      sum += downloadTime(seed * 1_000 + i, link, octets, createSet);
      completed += 1;
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
    }
  }
  return { value: sum / completed / 1e6, details: { 'not completed': count - completed } };
}
