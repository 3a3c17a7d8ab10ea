import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CreateMar, PfcpPriority, PfcpSteeringMode } from '@mpquic/pfcp';
import { steeringOf } from '../src/user-plane/multi-access-steering.ts';

const base: CreateMar = {
  marId: 1,
  steeringFunctionality: 2,
  steeringMode: PfcpSteeringMode.smallestDelay,
};
const { active, standby, noStandby, high, low } = PfcpPriority;

function accesses(
  steeringMode: number,
  threeGpp: { weight?: number; priority?: number },
  nonThreeGpp: { weight?: number; priority?: number },
): CreateMar {
  const access3gpp = { farId: 1, ...threeGpp };
  return { ...base, steeringMode, access3gpp, accessNon3gpp: { farId: 2, ...nonThreeGpp } };
}

for (const [name, mar, steering] of [
  ['smallest delay', base, { type: 'smallestDelay' }],
  [
    'active-standby',
    accesses(PfcpSteeringMode.activeStandby, { priority: standby }, { priority: active }),
    { type: 'activeStandby', active: 'non-3gpp', standby: '3gpp' },
  ],
  [
    'active without standby',
    accesses(PfcpSteeringMode.activeStandby, { priority: active }, { priority: noStandby }),
    { type: 'activeStandby', active: '3gpp' },
  ],
  [
    'load-balancing',
    accesses(PfcpSteeringMode.loadBalancing, { weight: 30 }, { weight: 70 }),
    { type: 'loadBalancing', sharePercent3gpp: 30 },
  ],
  [
    'autonomous load-balancing',
    {
      ...accesses(PfcpSteeringMode.loadBalancing, { weight: 30 }, { weight: 70 }),
      steeringModeIndicator: ['autonomousLoadBalance'],
    },
    { type: 'loadBalancing' },
  ],
  [
    'priority-based',
    accesses(PfcpSteeringMode.priorityBased, { priority: low }, { priority: high }),
    { type: 'priorityBased', high: 'non-3gpp' },
  ],
  ['redundant', accesses(PfcpSteeringMode.redundant, {}, {}), { type: 'redundant' }],
  [
    'redundant with a primary access',
    accesses(PfcpSteeringMode.redundant, { priority: high }, { priority: low }),
    { type: 'redundant', primary: '3gpp' },
  ],
] as [string, CreateMar, object][]) {
  test(`a multi-access rule of ${name}`, () => {
    assert.deepEqual(steeringOf(mar).steering, steering);
  });
}

test('thresholds go along', () => {
  const lossy = { ...base, thresholds: { rtt: 50, packetLossRate: 5 } };
  assert.deepEqual(steeringOf(lossy).thresholds, { maximumRtt: 50, maximumLossRate: 5 });
  assert.deepEqual(steeringOf(base).thresholds, {});
});
