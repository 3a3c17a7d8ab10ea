import assert from 'node:assert/strict';
import type { Address } from '@mpquic/wire';
import { utf8 } from '@mpquic/wire';
import type { Frame } from '../src/wire/frames.ts';
import { SECOND_CLIENT_ADDRESS } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

export const from: Address = SECOND_CLIENT_ADDRESS;
export const challenge = (text: string): Frame => ({ type: 'path_challenge', data: utf8(text) });

/** A client that opened path 1 and had it validated. */
export function secondPath(): ScriptedPeer {
  const peer = new ScriptedPeer('client').establish();
  peer.write([peer.newConnectionId(1, 0), peer.newConnectionId(1, 1)]);
  peer.write([challenge('12345678')], { pathId: 1, from, padTo: 1200 });
  const { frame } = peer.wantSeen('a challenge', 'path_challenge');
  assert.equal(frame.type, 'path_challenge');
  peer.write([{ type: 'path_response', data: frame.data }], { pathId: 1, from, padTo: 1200 });
  assert.equal(peer.connection.paths()[1]?.state, 'active');
  peer.acknowledgeAll();
  peer.seen.length = 0;
  return peer;
}
