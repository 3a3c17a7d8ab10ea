import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type OutstandingRequest,
  OutstandingRequests,
} from '../src/transactions/outstanding-requests.ts';

const peer = { host: '127.0.0.8', port: 8805 };

function request(sequenceNumber: number): OutstandingRequest {
  const bytes = Uint8Array.of(1, 2, 3);
  return {
    sequenceNumber,
    messageType: 1,
    peer,
    bytes,
    attempts: 1,
    deadline: 0,
    isSettled: false,
  };
}

test('sequence numbers wrap at 24 bits around 0 and those still outstanding', () => {
  const requests = new OutstandingRequests(4, 0xff_fffe);
  requests.add(request(1));
  const taken = [1, 2, 3].map(() => requests.takeSequenceNumber());
  assert.deepEqual(taken, [0xff_fffe, 0xff_ffff, 2]);
});

test('the octets of a settled request are wiped', () => {
  const requests = new OutstandingRequests(4);
  const [first, second] = [request(1), request(2)];
  requests.add(first);
  requests.add(second);
  requests.settle(first);
  assert.deepEqual(first.bytes, new Uint8Array(3));
  assert.equal(requests.size, 1);
  requests.clear();
  assert.deepEqual(second.bytes, new Uint8Array(3));
  assert.equal(requests.first, undefined);
});
