import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp, fromHex, parseIp, toHex } from '@mpquic/wire';
import fc from 'fast-check';
import { Http3StreamError } from '../src/error-code.ts';
import { contains, formatPrefix, parsePrefix, rangeOf } from '../src/masque/ip-prefix.ts';
import { ReorderingBuffer } from '../src/masque/reordering-buffer.ts';
import { SeenWindow } from '../src/masque/seen-window.ts';
import {
  decodeSequenceContext,
  type SequenceBits,
  SequenceReader,
  SequenceWriter,
} from '../src/masque/sequence-context.ts';
import { booleanField } from '../src/masque/structured-field.ts';
import { ipPath, parseIpPath, parseUdpPath, udpPath } from '../src/masque/target.ts';
import { parseTargetRule, TargetPolicy } from '../src/masque/target-policy.ts';

test('UDP targets survive their path, IPv6 colons escaped', () => {
  for (const host of ['192.0.2.6', '2001:db8::42', 'dns.example', 'a-b.c_d']) {
    assert.deepEqual(parseUdpPath(udpPath({ host, port: 53 })), { host, port: 53 });
  }
  assert.equal(
    udpPath({ host: '2001:db8::42', port: 1 }),
    '/.well-known/masque/udp/2001%3Adb8%3A%3A42/1/',
  );
});

test('IP scopes survive their path', () => {
  const path = '/.well-known/masque/ip/2001%3Adb8%3A%3A%2F32/17/';
  const scope = parseIpPath(path);
  assert.deepEqual(scope, { target: parsePrefix('2001:db8::/32'), protocol: 17 });
  assert.equal(ipPath(scope), path);
  assert.deepEqual(parseIpPath('/.well-known/masque/ip/*/*/'), { target: '*', protocol: '*' });
  assert.equal(
    ipPath({ target: { name: 'a.example' }, protocol: 0 }),
    '/.well-known/masque/ip/a.example/0/',
  );
});

for (const path of [
  '/.well-known/masque/ip/10.0.0.1%2F8/*/',
  '/.well-known/masque/ip/10.0.0.0%2F33/*/',
  '/.well-known/masque/ip/10.0.0%2F8/*/',
  '/.well-known/masque/ip/*/256/',
  '/.well-known/masque/ip/*/udp/',
  '/.well-known/masque/ip/%00/1/',
  '/.well-known/masque/ip/*/',
]) {
  test(`${path} is malformed`, () => {
    assert.throws(() => parseIpPath(path), Http3StreamError);
  });
}

test('any path is a target or malformed', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 10 }), (a, b) => {
      for (const [prefix, parse] of [
        ['udp', parseUdpPath],
        ['ip', parseIpPath],
      ] as const) {
        try {
          parse(`/.well-known/masque/${prefix}/${a}/${b}/`);
        } catch (error) {
          assert.ok(error instanceof Http3StreamError);
          assert.equal(error.status, 400);
        }
      }
    }),
  );
});

test('prefixes contain what they should', () => {
  const prefix = parsePrefix('10.60.0.0/15');
  assert.ok(contains(prefix, parseIp('10.61.255.255')));
  assert.ok(!contains(prefix, parseIp('10.62.0.0')));
  assert.ok(!contains(prefix, parseIp('::10.61.0.0')));
  assert.ok(contains(parsePrefix('::/0'), parseIp('2001:db8::1')));
  assert.equal(formatPrefix(prefix), '10.60.0.0/15');
  const { start, end } = rangeOf(prefix);
  assert.deepEqual([formatIp(start), formatIp(end)], ['10.60.0.0', '10.61.255.255']);
  assert.throws(() => parsePrefix('10.60.0.1/15'));
  assert.throws(() => parsePrefix('10.60.0.0/15/1'));
});

test('policy: loopback, link-local, multicast and the control plane are no targets', () => {
  const policy = new TargetPolicy({
    never: [parseTargetRule('127.0.0.40:8805')],
    denied: [parseTargetRule('10.5.0.0/16'), parseTargetRule('192.0.2.1:8805')],
    allowed: [parseTargetRule('127.0.0.40'), parseTargetRule('[::1]:53')],
  });
  const allows = (host: string, port = 443): boolean => policy.allows(parseIp(host), port);
  for (const host of [
    '127.0.0.1',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '10.5.1.1',
    '::',
    '::1',
    'fe80::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:10.5.0.1',
  ]) {
    assert.equal(allows(host), false, host);
  }
  assert.equal(allows('192.0.2.1'), true);
  assert.equal(allows('192.0.2.1', 8805), false);
  assert.equal(allows('127.0.0.40', 53), true);
  assert.equal(allows('127.0.0.40', 8805), false);
  assert.equal(allows('127.0.0.41', 54), false);
  assert.equal(allows('::1', 53), true);
  assert.equal(allows('2001:db8::1'), true);
});

test('a boolean field counts only alone and true', () => {
  const field = (...values: string[]) =>
    values.map((value) => ({ name: 'capsule-protocol', value }));
  assert.equal(booleanField(field('?1'), 'capsule-protocol'), true);
  assert.equal(booleanField(field('?1; a=b'), 'capsule-protocol'), true);
  for (const values of [['?0'], ['1'], ['?1', '?1'], ['?1, ?1'], []]) {
    assert.equal(booleanField(field(...values), 'capsule-protocol'), false);
  }
});

test('sequence numbers wrap around and are counted on', () => {
  for (const bits of [8, 16] as SequenceBits[]) {
    const reader = new SequenceReader(bits);
    for (let sequence = 0; sequence < 3 * 2 ** bits; sequence += bits === 8 ? 1 : 50) {
      const wire = sequence % 2 ** bits;
      const bytes = bits === 8 ? Uint8Array.of(wire) : Uint8Array.of(wire >> 8, wire & 0xff);
      assert.equal(reader.read(bytes, 0), sequence);
    }
  }
  const reader = new SequenceReader(8);
  reader.read(Uint8Array.of(100), 0);
  reader.read(Uint8Array.of(200), 0);
  assert.equal(reader.read(Uint8Array.of(10), 0), 266);
  assert.equal(reader.read(Uint8Array.of(250), 0), 250);
  assert.equal(new SequenceReader(64).read(fromHex('0000000100000002'), 0), 2 ** 32 + 2);
  const writer = new SequenceWriter(2);
  writer.nextHead();
  assert.equal(toHex(writer.nextHead()), '0200000001');
});

test('any octets are a sequence context or malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      try {
        decodeSequenceContext(bytes);
      } catch (error) {
        assert.ok(error instanceof Http3StreamError);
      }
    }),
  );
});

test('the window tells copies from first arrivals, also after a jump', () => {
  const window = new SeenWindow(64);
  assert.equal(window.add(0), true);
  assert.equal(window.add(0), false);
  assert.equal(window.add(63), true);
  assert.equal(window.add(62), true);
  assert.equal(window.add(100), true);
  assert.equal(window.add(36), false);
  assert.equal(window.add(37), true);
  assert.equal(window.add(63), false);
  assert.equal(window.add(1_000_000), true);
  assert.equal(window.add(999_999), true);
});

test('any arrival order comes out in order, each once, where the buffer is large enough', () => {
  const order = fc
    .integer({ min: 1, max: 100 })
    .chain((count) =>
      fc
        .array(fc.nat(count - 1), { minLength: 0, maxLength: 300 })
        .map((extra) => ({ count, extra })),
    );
  fc.assert(
    fc.property(order, fc.nat(), ({ count, extra }, seed) => {
      const numbers = [
        ...Array.from({ length: count }, (_, i) => (i * 7919 + seed) % count),
        ...extra,
      ];
      const delivered: number[] = [];
      const buffer = new ReorderingBuffer({ maximumDelay: 50_000, limit: 100 }, (payload) =>
        delivered.push(payload[0] as number),
      );
      for (const sequence of [...new Set(numbers), ...numbers]) {
        buffer.receive(sequence, Uint8Array.of(sequence), 0);
      }
      for (let sequence = 0; sequence < count; sequence++) {
        buffer.receive(sequence, Uint8Array.of(sequence), 0);
      }
      assert.deepEqual(
        delivered,
        Array.from({ length: count }, (_, i) => i),
      );
      assert.equal(buffer.held, 0);
    }),
  );
});

test('a gap holds back for a time, and up to a limit; what comes late still comes', () => {
  const delivered: number[] = [];
  const buffer = new ReorderingBuffer({ maximumDelay: 1_000, limit: 4 }, (payload) =>
    delivered.push(payload[0] as number),
  );
  const receive = (sequence: number, now: number): void =>
    buffer.receive(sequence, Uint8Array.of(sequence), now);
  receive(1, 0);
  receive(3, 500);
  assert.equal(buffer.nextTimeout(), 1_000);
  buffer.handleTimeout(999);
  assert.deepEqual(delivered, []);
  buffer.handleTimeout(1_000);
  assert.deepEqual(delivered, [1]);
  receive(0, 1_100);
  assert.deepEqual(delivered, [1, 0]);
  assert.equal(buffer.late, 1);
  for (const sequence of [5, 6, 7, 9]) receive(sequence, 1_200);
  assert.deepEqual(delivered, [1, 0, 3]);
  assert.equal(buffer.held, 4);
  receive(0, 1_300);
  assert.equal(buffer.duplicates, 1);
});
