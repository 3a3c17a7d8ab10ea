import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { utf8 } from '@mpquic/wire';
import { writeRetry } from '../src/wire/retry.ts';
import { QUIC_V1 } from '../src/wire/versions.ts';
import { ScriptedPeer } from './scripted-peer.ts';

function retry(
  peer: ScriptedPeer,
  token: Uint8Array,
  original = peer.originalDestination,
): Uint8Array {
  const bytes = new Uint8Array(200);
  const destination = peer.testedIds.get('0/0') as Uint8Array;
  const source = utf8('retry-id');
  const crypto = nodeCryptoProvider;
  return bytes.slice(
    0,
    writeRetry(crypto, bytes, 0, QUIC_V1, destination, source, original, token),
  );
}

test('RFC 9000 §17.2.5.2: a client follows one Retry, and drops those that are wrong', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  const bad = retry(peer, utf8('token'));
  bad[bad.length - 1] = (bad[bad.length - 1] as number) ^ 1;
  peer.send(bad);
  peer.send(retry(peer, new Uint8Array()));
  peer.send(retry(peer, utf8('token'), utf8('notthis1')));
  assert.equal(peer.dropped('unexpected_retry'), 3, 'a bad tag, no token, another original');
  const before = peer.datagrams.length;
  peer.send(retry(peer, utf8('token')));
  const again = peer.datagrams[before];
  assert.ok(again, 'the Initial is sent again');
  assert.deepEqual(again.subarray(6, 14), utf8('retry-id'));
  assert.deepEqual(again.subarray(24, 29), utf8('token'));
  peer.send(retry(peer, utf8('other')));
  assert.equal(peer.dropped('unexpected_retry'), 4, 'a second one');
});

test('RFC 9000 §17.2.5.2: a Retry after an Initial is dropped', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  peer.send(retry(peer, utf8('token')));
  assert.equal(peer.dropped('unexpected_retry'), 1);
});
