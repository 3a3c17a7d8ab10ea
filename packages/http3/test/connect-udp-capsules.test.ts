import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex } from '@mpquic/wire';
import { CapsuleType, encodeCapsule } from '../src/capsule.ts';
import { Http3ErrorCode } from '../src/error-code.ts';
import { encodeFrame, FrameType } from '../src/frame.ts';
import { MasqueConnection } from '../src/masque/masque-connection.ts';
import { encodeSequenceContext } from '../src/masque/sequence-context.ts';
import type { LentDatagrams } from '../src/transport.ts';
import { Recorder, text } from './masque-pair.ts';
import { CONNECT_UDP, headers, ScriptedPeer } from './memory-transport.ts';

interface Proxied {
  readonly peer: ScriptedPeer;
  readonly recorder: Recorder;
  readonly pump: () => void;
}

/** A proxy that accepts everything, against a scripted client. */
function proxied(): Proxied {
  const peer = new ScriptedPeer('server').settings();
  const recorder = new Recorder();
  const masque = new MasqueConnection({
    connection: peer.connection,
    proxy: {
      tunnelRequested: (request) => {
        request.accept(0);
        return recorder;
      },
    },
  });
  return { peer, recorder, pump: () => masque.pump(0) };
}

function data(...capsules: readonly Uint8Array[]): Uint8Array {
  return encodeFrame(FrameType.data, concatBytes(...capsules));
}

const SEQUENCED = [...CONNECT_UDP, ['dg-sequence', '?1']] as const;

for (const [name, input, code] of [
  ['a payload of 65,528 octets', encodeCapsule(0, new Uint8Array(65_529)), 'H3_MESSAGE_ERROR'],
  ['a DATAGRAM capsule of 1 GiB', fromHex('00c000000040000000'), 'H3_MESSAGE_ERROR'],
  [
    'a sequence context of the other side',
    encodeCapsule(
      CapsuleType.registerSequenceContext,
      encodeSequenceContext({ contextId: 3, payloadContextId: 0, bits: 32 }),
    ),
    'H3_MESSAGE_ERROR',
  ],
  [
    'sequence numbers of 24 bits',
    encodeCapsule(CapsuleType.registerSequenceContext, fromHex('020018')),
    'H3_MESSAGE_ERROR',
  ],
  [
    'a sequence context of no known payload',
    encodeCapsule(CapsuleType.registerSequenceContext, fromHex('020420')),
    'H3_MESSAGE_ERROR',
  ],
  [
    'a sequence context without a size',
    encodeCapsule(CapsuleType.registerSequenceContext, fromHex('0200')),
    'H3_MESSAGE_ERROR',
  ],
  [
    'octets behind a sequence context',
    encodeCapsule(CapsuleType.registerSequenceContext, fromHex('02002000')),
    'H3_MESSAGE_ERROR',
  ],
] as const) {
  test(`${name} aborts the stream, not the connection`, () => {
    const { peer, recorder, pump } = proxied();
    peer.send(0, headers(SEQUENCED), data(input));
    pump();
    assert.equal(recorder.end?.code, Http3ErrorCode[code]);
    assert.equal(peer.transport.stream(0).reset, Http3ErrorCode[code]);
    assert.equal(peer.transport.closed, undefined);
  });
}

test('a stream that ends inside a capsule is malformed', () => {
  const { peer, recorder, pump } = proxied();
  peer.end(0, headers(CONNECT_UDP), data(fromHex('000500aabb')));
  pump();
  assert.equal(recorder.end?.code, Http3ErrorCode.H3_MESSAGE_ERROR);
});

test('unknown capsules are skipped, of any length, and so are unknown contexts', () => {
  const { peer, recorder, pump } = proxied();
  const unknown = encodeCapsule(0x1234, new Uint8Array(500));
  peer.send(0, headers(CONNECT_UDP), data(unknown, encodeCapsule(0, text('\0payload')), unknown));
  peer.connection.receiveDatagram(fromHex('0004aabb'));
  peer.connection.receiveDatagram(fromHex('00'));
  peer.connection.receiveDatagram(fromHex('00400061'));
  pump();
  assert.deepEqual(recorder.payloads, ['payload', 'a']);
  assert.equal(recorder.tunnel?.counters.receiveDrops, 1);
  peer.send(0, data(fromHex('29e000000000000000')), data(new Uint8Array(50_000)));
  pump();
  assert.equal(recorder.end, undefined);
});

test('a datagram does not overtake what came before it, and waits for nothing else', () => {
  const { peer, recorder, pump } = proxied();
  peer.send(0, headers(CONNECT_UDP));
  peer.connection.receiveDatagram(fromHex('000061'));
  assert.deepEqual(recorder.payloads, []);
  pump();
  peer.send(0, data(encodeCapsule(0, text('\0b'))));
  peer.connection.receiveDatagram(fromHex('000063'));
  pump();
  assert.deepEqual(recorder.payloads, ['a', 'b', 'c']);
  peer.connection.receiveDatagram(fromHex('000064'));
  assert.deepEqual(recorder.payloads, ['a', 'b', 'c', 'd']);
});

for (const lent of [true, false]) {
  test(`octets of a datagram are free again where the handler keeps none of them: ${lent}`, () => {
    const peer = new ScriptedPeer('server').settings();
    const payloads: string[] = [];
    const masque = new MasqueConnection({
      connection: peer.connection,
      proxy: {
        tunnelRequested: (request) => {
          request.accept(0);
          const receive = (payload: Uint8Array): void => void payloads.push(toHex(payload));
          return { receive, ended: () => undefined, lent };
        },
      },
    });
    assert.equal(masque.receiveDatagram(fromHex('000061'), 0), false, 'it waits for its request');
    peer.send(0, headers(SEQUENCED));
    masque.pump(0);
    assert.equal(masque.receiveDatagram(fromHex('000062'), 0), lent);
    assert.equal(masque.receiveDatagram(fromHex('00020063'), 0), false, 'of an unknown context');
    assert.equal(masque.receiveDatagram(fromHex('040064'), 0), false, 'of no request');
    assert.deepEqual(payloads, ['61', '62']);
  });
}

/** What comes together, as it lies in common memory. */
function together(datagrams: readonly Uint8Array[]): LentDatagrams {
  const octets = concatBytes(Uint8Array.of(9), ...datagrams, Uint8Array.of(0, 0));
  const startOf = (index: number): number =>
    datagrams.slice(0, index).reduce((sum, { length }) => sum + length, 1);
  const lengthOf = (index: number): number => datagrams[index]?.length ?? 0;
  return {
    length: datagrams.length,
    octets,
    startOf,
    lengthOf,
    at: (index, from = 0) =>
      octets.subarray(startOf(index) + from, startOf(index) + lengthOf(index)),
  };
}

const MIXED = [
  '000061',
  '40000062',
  '000063',
  '00020064',
  '040065',
  '0000',
  '80000000006700',
  '00',
];

for (const [lent, all, isFree] of [
  [true, MIXED, false],
  [false, MIXED, false],
  [true, ['000061', '40000062', '0000'], true],
  [false, ['000061'], false],
  [true, ['000061', '', '000062'], false],
  [true, ['000061', '40', '000062'], false],
] as const) {
  test(`datagrams that come together are taken as one by one: ${lent}, ${all.join(' ')}`, () => {
    const datagrams = all.map(fromHex);
    const outcomes = [true, false].map((asOne) => {
      const peer = new ScriptedPeer('server').settings();
      const payloads: string[] = [];
      const masque = new MasqueConnection({
        connection: peer.connection,
        proxy: {
          tunnelRequested: (request) => {
            request.accept(0);
            const receive = (payload: Uint8Array): void => void payloads.push(toHex(payload));
            return { receive, ended: () => undefined, lent };
          },
        },
      });
      peer.send(0, headers(SEQUENCED));
      masque.pump(0);
      if (asOne) assert.equal(masque.receiveDatagrams(together(datagrams), 0), isFree);
      else for (const datagram of datagrams) masque.receiveDatagram(datagram, 0);
      const [tunnel] = masque.tunnels;
      return { payloads, counters: tunnel?.counters, closed: peer.transport.closed };
    });
    assert.deepEqual(outcomes[0], outcomes[1]);
    assert.ok((outcomes[0]?.payloads.length ?? 0) > 0);
  });
}

test('datagrams of a context wait for its registration, up to a limit', () => {
  const { peer, recorder, pump } = proxied();
  peer.send(0, headers(SEQUENCED));
  for (let i = 0; i < 40; i++)
    peer.connection.receiveDatagram(Uint8Array.of(0, 2, i, 97 + (i % 20)));
  pump();
  assert.deepEqual(recorder.payloads, []);
  const value = encodeSequenceContext({ contextId: 2, payloadContextId: 0, bits: 8 });
  peer.send(0, data(encodeCapsule(CapsuleType.registerSequenceContext, value)));
  pump();
  assert.equal(recorder.tunnel?.counters.receiveDrops, 8);
  peer.send(0, data(encodeCapsule(CapsuleType.registerSequenceContext, value)));
  pump();
  assert.equal(recorder.end?.code, Http3ErrorCode.H3_MESSAGE_ERROR);
});

test('too many octets before the tunnel is open are no patience test', () => {
  const peer = new ScriptedPeer('server').settings();
  const recorder = new Recorder();
  const masque = new MasqueConnection({
    connection: peer.connection,
    proxy: { tunnelRequested: () => recorder },
  });
  peer.send(0, headers(CONNECT_UDP), data(new Uint8Array(70_000)));
  masque.pump(0);
  assert.equal(recorder.end?.code, Http3ErrorCode.H3_EXCESSIVE_LOAD);
});
