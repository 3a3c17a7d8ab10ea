import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesAll, readTrafficComponents } from '@mpquic/nas';
import { loadConfiguration } from '@mpquic/service';
import { coreSettings } from '../src/configuration.ts';
import { atsssRulesFor, marsFor, pdrsFor, qosFor } from '../src/smf/traffic-rule.ts';

function rulesOf(trafficRules: readonly object[]) {
  return loadConfiguration(coreSettings, { role: 'core', flags: { trafficRules } }).trafficRules;
}

test('one rule of the policy is a rule for the UE, a PDR and a MAR, with the same number', () => {
  const rules = rulesOf([
    { port: '5000-5010', address: '198.51.100.0/24', steering: 'priority-based', maximumRtt: 80 },
    { fqdn: 'video.example', steering: 'redundant', transport: 'datagram-1', maximumLossRate: 3 },
    { protocol: 'tcp', functionality: 'mpquic-ip', transport: 'stream', qfi: 7 },
  ]);
  const atsss = atsssRulesFor(rules);
  assert.deepEqual(
    atsss.map(({ identifier, precedence }) => [identifier, precedence]),
    [
      [10, 1],
      [11, 2],
      [12, 3],
    ],
  );
  assert.deepEqual(atsss[0]?.trafficDescriptor, [
    { type: 'remoteIpv4', address: '198.51.100.0', mask: '255.255.255.0' },
    { type: 'protocol', protocol: 17 },
    { type: 'remotePortRange', low: 5000, high: 5010 },
  ]);
  assert.deepEqual(atsss[0]?.mode, { type: 'priorityBased', high: '3gpp' });
  assert.deepEqual(atsss[0]?.thresholds, { maximumRtt: 80 });
  const pdrs = pdrsFor(rules, 'internet');
  assert.deepEqual(
    pdrs.map(({ pdrId, marId, pdi }) => [pdrId, marId, pdi.sdfFilters, pdi.applicationId]),
    [
      [10, 10, ['permit out 17 from 198.51.100.0/24 5000-5010 to assigned'], undefined],
      [11, 11, undefined, 'video.example'],
      [12, 12, ['permit out 6 from any to assigned'], undefined],
    ],
  );
  const mars = marsFor(rules, { threeGpp: 2, nonThreeGpp: 3 });
  assert.deepEqual(
    mars.map(({ marId, transportMode, thresholds }) => [marId, transportMode, thresholds]),
    [
      [10, 1, { rtt: 80 }],
      [11, 0, { packetLossRate: 3 }],
      [12, 2, undefined],
    ],
  );
});

test('traffic of another QoS flow has a QoS rule whose filter reads back', () => {
  const { qosRules, qosFlows } = qosFor(
    rulesOf([{ port: '53', qfi: 7 }, { port: '54' }, { fqdn: 'a.example', qfi: 8 }]),
  );
  assert.deepEqual(
    qosFlows.map(({ qfi }) => qfi),
    [7],
  );
  const [rule] = qosRules;
  assert.equal(qosRules.length, 1);
  const filter = readTrafficComponents(rule?.filters[0]?.components ?? new Uint8Array());
  assert.ok(filter);
  const dns = { remoteAddress: '192.0.2.1', protocol: 17, remotePort: 53 };
  assert.equal(matchesAll(filter, dns), true);
  assert.equal(matchesAll(filter, { ...dns, remotePort: 54 }), false);
  assert.equal(readTrafficComponents(Uint8Array.of(0x10, 1, 2)), undefined);
  assert.equal(readTrafficComponents(Uint8Array.of(0x99)), undefined);
});

test('rules that nobody can mean are refused', () => {
  for (const rule of [
    { address: 'everywhere' },
    { port: 'http' },
    { steering: 'zigzag' },
    { qfi: 64 },
    { fqdn: '' },
  ]) {
    assert.throws(() => rulesOf([rule]), JSON.stringify(rule));
  }
  assert.throws(() => rulesOf(Array.from({ length: 9 }, () => ({}))), /at most 8/);
});
