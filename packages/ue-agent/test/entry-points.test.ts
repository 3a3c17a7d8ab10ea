import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@mpquic/service';
import { fromHex, toHex, UsageError, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { FlowTable } from '../src/user-plane/flow-table.ts';
import {
  parseGreeting,
  parseRequest,
  parseUdpRequest,
  udpAnswer,
} from '../src/user-plane/socks-message.ts';
import { parseForward } from '../src/user-plane/udp-forward.ts';
import type { FlowReceiver } from '../src/user-plane/user-flow.ts';

test('forwards as people write them', () => {
  const target = { host: '10.0.0.1', port: 53 };
  assert.deepEqual(parseForward('udp/5353=10.0.0.1:53'), { host: '127.0.0.1', port: 5353, target });
  assert.deepEqual(parseForward('udp/127.0.0.2:0=10.0.0.1:53'), {
    host: '127.0.0.2',
    port: 0,
    target,
  });
  assert.deepEqual(parseForward('udp/[::1]:5353=[2001:db8::1]:53'), {
    host: '::1',
    port: 5353,
    target: { host: '2001:db8::1', port: 53 },
  });
  assert.equal(parseForward('udp/1=dns.example:53').target.host, 'dns.example');
  for (const wrong of ['5353=10.0.0.1:53', 'tcp/1=a:1', 'udp/1=a', 'udp/70000=a:1', 'udp/1=a:0']) {
    assert.throws(() => parseForward(wrong), UsageError, wrong);
  }
});

test('SOCKS5 messages, whole and cut', () => {
  assert.equal(parseGreeting(fromHex('0501')), undefined);
  assert.deepEqual(parseGreeting(fromHex('05020200')), { value: true, length: 4 });
  assert.deepEqual(parseGreeting(fromHex('050102')), { value: false, length: 3 });
  assert.equal(parseGreeting(fromHex('0401')), 'invalid');
  assert.equal(parseRequest(fromHex('050300')), undefined);
  assert.deepEqual(parseRequest(fromHex('05030001000000000000')), { value: true, length: 10 });
  assert.deepEqual(parseRequest(fromHex('0501000101020304')), undefined);
  assert.equal(parseRequest(fromHex('0503000900')), 'invalid');
  const named = parseUdpRequest(fromHex('0000000304612e6970003568690a'));
  assert.deepEqual(named?.target, { host: 'a.ip', port: 53 });
  assert.equal(toHex(named?.payload ?? utf8('')), '68690a');
  assert.equal(parseUdpRequest(fromHex('00000101010203040035')), undefined, 'a fragment');
  assert.equal(toHex(udpAnswer({ host: '::1', port: 1 }, utf8('x'))).slice(0, 8), '00000004');
});

test('any octets are a SOCKS5 message or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      for (const parse of [parseGreeting, parseRequest, parseUdpRequest]) parse(bytes);
    }),
  );
});

test('flows have a limit, and what waits for one too', async () => {
  let receiver: FlowReceiver | undefined;
  const sent: number[] = [];
  let closed = 0;
  let opened = 0;
  const table = new FlowTable({
    logger: silentLogger(),
    limit: 3,
    openFlow: (_, given) => {
      receiver = given;
      opened += 1;
      const flow = {
        send: (payload: Uint8Array) => sent.push(payload.length) > 0,
        close: () => {
          closed += 1;
        },
      };
      return Promise.resolve(flow);
    },
  });
  const target = { host: '10.0.0.1', port: 53 };
  for (let i = 0; i < 40; i++) table.send('a', target, new Uint8Array(i), () => undefined);
  assert.equal(table.dropped, 8);
  await new Promise(setImmediate);
  assert.deepEqual(sent.length, 32);
  for (const key of ['b', 'c', 'd', 'e']) {
    table.send(key, target, utf8('x'), () => undefined);
    await new Promise(setImmediate);
  }
  assert.equal(table.size, 3);
  assert.equal(closed, 2);
  receiver?.ended('gone');
  table.send('e', target, utf8('x'), () => undefined);
  await new Promise(setImmediate);
  assert.equal(opened, 6, 'a flow that ended is opened again');
});

test('a target that is refused is not asked for again at once', async () => {
  let asked = 0;
  const table = new FlowTable({
    logger: silentLogger(),
    openFlow: () => {
      asked += 1;
      return Promise.reject(new Error('no'));
    },
  });
  for (let i = 0; i < 10; i++) {
    table.send('a', { host: 'a', port: 1 }, utf8('x'), () => undefined);
    await new Promise(setImmediate);
  }
  assert.equal(asked, 1);
  assert.equal(table.dropped, 10);
});
