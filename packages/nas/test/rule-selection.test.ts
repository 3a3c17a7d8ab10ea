import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AtsssRule, type Flow, selectRule, type TrafficComponent } from '@mpquic/nas';

const udp: Flow = { remoteAddress: '192.0.2.7', protocol: 17, remotePort: 443 };

function rule(precedence: number, ...trafficDescriptor: TrafficComponent[]): AtsssRule {
  const mode = { type: 'smallestDelay' } as const;
  return { identifier: precedence, precedence, trafficDescriptor, functionality: 4, mode };
}

function isSelected(flow: Flow, ...components: TrafficComponent[]): boolean {
  return selectRule([rule(1, ...components)], flow) !== undefined;
}

test('the matching rule of lowest precedence is selected, wherever it stands', () => {
  const specific = rule(5, { type: 'protocol', protocol: 17 });
  const other = rule(1, { type: 'protocol', protocol: 6 });
  const all = rule(255, { type: 'matchAll' });
  assert.equal(selectRule([all, other, specific], udp), specific);
  assert.equal(selectRule([all, specific], { ...udp, protocol: 1 }), all);
  assert.equal(selectRule([other], udp), undefined);
});

test('all components of a descriptor must match', () => {
  const port: TrafficComponent = { type: 'remotePort', port: 443 };
  assert.equal(isSelected(udp, port, { type: 'protocol', protocol: 17 }), true);
  assert.equal(isSelected(udp, port, { type: 'protocol', protocol: 6 }), false);
});

test('each component matches what it names', () => {
  const v6: Flow = { ...udp, remoteAddress: '2001:db8:1::7' };
  const named: Flow = { ...udp, fqdn: 'Video.Example.org', typeOfService: 0xb8 };
  const cases: readonly [Flow, TrafficComponent, boolean][] = [
    [udp, { type: 'remoteIpv4', address: '192.0.2.0', mask: '255.255.255.0' }, true],
    [udp, { type: 'remoteIpv4', address: '192.0.3.0', mask: '255.255.255.0' }, false],
    [udp, { type: 'remoteIpv4', address: '10.0.0.7', mask: '0.0.0.255' }, true],
    [v6, { type: 'remoteIpv4', address: '0.0.0.0', mask: '0.0.0.0' }, false],
    [v6, { type: 'remoteIpv6', address: '2001:db8::', prefixLength: 32 }, true],
    [v6, { type: 'remoteIpv6', address: '2001:db8:0::', prefixLength: 47 }, true],
    [v6, { type: 'remoteIpv6', address: '2001:db8:0::', prefixLength: 48 }, false],
    [v6, { type: 'remoteIpv6', address: '::', prefixLength: 0 }, true],
    [udp, { type: 'remotePortRange', low: 443, high: 500 }, true],
    [udp, { type: 'remotePortRange', low: 444, high: 500 }, false],
    [{ remoteAddress: '192.0.2.7', protocol: 1 }, { type: 'remotePort', port: 443 }, false],
    [named, { type: 'fqdn', name: 'video.example.org' }, true],
    [udp, { type: 'fqdn', name: 'video.example.org' }, false],
    [named, { type: 'typeOfService', value: 0xba, mask: 0xfc }, true],
    [named, { type: 'typeOfService', value: 0x28, mask: 0xfc }, false],
    [udp, { type: 'typeOfService', value: 0, mask: 0 }, false],
  ];
  for (const [flow, component, expected] of cases) {
    assert.equal(isSelected(flow, component), expected, JSON.stringify(component));
  }
});
