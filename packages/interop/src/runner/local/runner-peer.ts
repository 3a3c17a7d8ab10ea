import type { Peer } from '../../matrix.ts';
import { againstNgtcp2 } from './against-ngtcp2.ts';
import { interopCase } from './case-run.ts';
import { crossTraffic } from './cross-traffic.ts';
import { EXTENSION_CASES } from './extension-cases.ts';
import { RUNNER_CASES } from './runner-cases.ts';

/** The test cases of the QUIC interop runner and ours, both ends this stack, over the link of the runner. */
export const runnerPeer: Peer = {
  name: 'runner',
  description: 'this stack on both ends of the link of the QUIC interop runner, case by case',
  detect: () => Promise.resolve({ installed: true, version: process.version }),
  cases: [...[...RUNNER_CASES, ...EXTENSION_CASES].map(interopCase), crossTraffic, againstNgtcp2],
};
