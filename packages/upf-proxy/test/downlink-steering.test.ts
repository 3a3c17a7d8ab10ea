import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CreateMar, type CreatePdr, PfcpSteeringMode, PfcpTransportMode } from '@mpquic/pfcp';
import { parseIp } from '@mpquic/wire';
import fc from 'fast-check';
import { type DownlinkRules, DownlinkSteering } from '../src/user-plane/downlink-steering.ts';
import {
  type DataFlow,
  describes,
  parseFlowDescription,
} from '../src/user-plane/flow-description.ts';

const CORE = 1;

function flow(address: string, port?: number, more: Partial<DataFlow> = {}): DataFlow {
  return { protocol: 17, address: parseIp(address), port, ...more };
}

for (const [text, matching, other] of [
  ['permit out ip from any to assigned', flow('198.51.100.1', 9), undefined],
  ['permit out 17 from any to assigned', flow('198.51.100.1', 9), flow('::1', 9, { protocol: 6 })],
  [
    'permit out 17 from 198.51.100.0/24 53 to assigned',
    flow('198.51.100.7', 53),
    flow('198.51.101.7', 53),
  ],
  ['permit out 17 from any 53,1000-2000 to any', flow('192.0.2.1', 1_999), flow('192.0.2.1', 54)],
  ['permit out 17 from 2001:db8::/32 to assigned', flow('2001:db8::1', 1), flow('192.0.2.1', 1)],
  ['permit out ip from any 53 to assigned', flow('192.0.2.1', 53), flow('192.0.2.1')],
] as const) {
  test(`${text} matches what it should`, () => {
    const description = parseFlowDescription(text);
    assert.ok(description);
    assert.equal(describes(description, matching), true);
    if (other !== undefined) assert.equal(describes(description, other), false);
  });
}

test('what is no downlink filter of this kind is none', () => {
  for (const text of [
    '',
    'permit in ip from any to assigned',
    'deny out ip from any to assigned',
    'permit out 256 from any to assigned',
    'permit out 17 from 198.51.100.1/24 to assigned',
    'permit out 17 from any 2000-1000 to assigned',
    'permit out 17 from any 70000 to assigned',
    'permit out 17 from any 1, to assigned',
    'permit out 17 from any to 10.60.0.1',
    'permit out 17 from any to assigned 53',
  ]) {
    assert.equal(parseFlowDescription(text), undefined, text);
  }
  fc.assert(fc.property(fc.string(), (text) => void parseFlowDescription(text)));
});

const base: CreateMar = {
  marId: 1,
  steeringFunctionality: 2,
  steeringMode: PfcpSteeringMode.smallestDelay,
  transportMode: PfcpTransportMode.datagramMode2,
};
const streamed: CreateMar = { ...base, marId: 2, transportMode: PfcpTransportMode.stream };
const redundant: CreateMar = { ...base, marId: 3, steeringMode: PfcpSteeringMode.redundant };
const general: CreatePdr = { pdrId: 1, precedence: 100, pdi: { sourceInterface: CORE }, marId: 1 };

function steeringOf(rules: DownlinkRules): DownlinkSteering {
  return new DownlinkSteering(
    () => rules,
    () => '3gpp',
  );
}

test('the first PDR by precedence whose filter or application matches decides', () => {
  const filtered = (sdfFilters: string[], precedence: number, marId: number): CreatePdr => ({
    pdrId: precedence,
    precedence,
    pdi: { sourceInterface: CORE, sdfFilters },
    marId,
  });
  const named: CreatePdr = {
    pdrId: 9,
    precedence: 1,
    pdi: { sourceInterface: CORE, applicationId: 'Video.example' },
    marId: 3,
  };
  const steering = steeringOf({
    pdrs: [
      general,
      filtered(['permit out 17 from any 53 to assigned', 'nonsense'], 10, 2),
      filtered(['nonsense'], 5, 3),
      named,
      { ...general, pdrId: 4, precedence: 1, pdi: { sourceInterface: 0 }, marId: 3 },
    ],
    mars: [base, streamed, redundant],
  });
  const one = steering.treatmentOf(flow('192.0.2.1', 80));
  assert.deepEqual([one.route.name, one.mode], ['smallest_delay', 'datagram-2']);
  assert.equal(steering.treatmentOf(flow('192.0.2.2', 81)).route, one.route);
  assert.equal(steering.treatmentOf(flow('192.0.2.1', 53)).mode, 'stream');
  const video = steering.treatmentOf(flow('192.0.2.1', 53, { name: 'video.EXAMPLE' }));
  assert.deepEqual([video.route.name, video.mode], ['redundant', 'datagram-1']);
  assert.equal(steering.general, 'smallestDelay');
});

test('rules that are not of MPQUIC, or gone, leave the choice to PATH_STATUS', () => {
  const mptcp = { ...base, steeringFunctionality: 1 };
  for (const rules of [
    { pdrs: [], mars: [] },
    { pdrs: [general], mars: [] },
    { pdrs: [general], mars: [mptcp] },
  ]) {
    const steering = steeringOf(rules);
    assert.equal(steering.general, 'leastDelay');
    assert.equal(steering.generalScheduler.name, 'minimum_rtt');
    assert.equal(steering.treatmentOf(flow('192.0.2.1', 1)).mode, undefined);
  }
});
