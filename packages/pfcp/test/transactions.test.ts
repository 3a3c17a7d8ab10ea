import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodePfcp,
  encodePfcp,
  PfcpCause,
  type PfcpEvent,
  type PfcpMessage,
  PfcpOverload,
  PfcpTransactions,
  type PfcpTransactionsOptions,
} from '@mpquic/pfcp';
import { type Address, createTransmit } from '@mpquic/wire';

const smf: Address = { host: '127.0.0.7', port: 8805 };
const upf: Address = { host: '127.0.0.8', port: 8805 };
const T1 = 3_000_000;
const recoveryTimeStamp = 3_900_000_000;
const identity = { nodeId: { type: 'fqdn', name: 'upf.example.org' }, recoveryTimeStamp } as const;
const heartbeat = { type: 'heartbeatRequest', recoveryTimeStamp } as const;

function machine(options: Partial<PfcpTransactionsOptions> = {}): PfcpTransactions {
  return new PfcpTransactions({ identity, ...options });
}

function sent(from: PfcpTransactions, now = 0): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  const into = createTransmit(2048);
  while (from.nextTransmit(now, into, 1)) datagrams.push(into.buffer.slice(0, into.length));
  return datagrams;
}

function events(from: PfcpTransactions): PfcpEvent[] {
  const all: PfcpEvent[] = [];
  for (let event = from.nextEvent(); event !== undefined; event = from.nextEvent()) all.push(event);
  return all;
}

function deliver(to: PfcpTransactions, payload: Uint8Array, now = 0): PfcpEvent[] {
  to.receiveDatagram({ local: upf, remote: smf, payload }, now);
  return events(to);
}

/** What a peer at {@link upf} sends to the requester. */
function answer(to: PfcpTransactions, message: PfcpMessage, remote = upf): PfcpEvent[] {
  to.receiveDatagram({ local: smf, remote, payload: encodePfcp(message) }, 0);
  return events(to);
}

test('a request meets its response', () => {
  const transactions = machine();
  const sequenceNumber = transactions.request(heartbeat, upf, 0);
  assert.deepEqual(sent(transactions).map(decodePfcp), [{ ...heartbeat, sequenceNumber }]);
  assert.equal(transactions.nextTimeout(), T1);
  const response = { type: 'heartbeatResponse', sequenceNumber, recoveryTimeStamp } as const;
  assert.deepEqual(answer(transactions, response), [
    { type: 'response', sequenceNumber, response, peer: upf },
  ]);
  assert.equal(transactions.nextTimeout(), undefined);
  assert.equal(answer(transactions, response)[0]?.type, 'discarded', 'a second response');
});

test('a request is sent N1 times, T1 apart, and then given up', () => {
  const transactions = machine();
  const sequenceNumber = transactions.request(heartbeat, upf, 0);
  const [first] = sent(transactions);
  transactions.handleTimeout(T1 - 1);
  assert.equal(sent(transactions).length, 0);
  for (const attempt of [1, 2]) {
    transactions.handleTimeout(attempt * T1);
    assert.deepEqual(sent(transactions), [first], 'the same octets again');
  }
  assert.deepEqual(events(transactions), []);
  transactions.handleTimeout(3 * T1);
  assert.deepEqual(events(transactions), [{ type: 'timeout', sequenceNumber, peer: upf }]);
  assert.equal(transactions.outstanding, 0);
});

test('responses of another peer, type or number settle nothing', () => {
  const transactions = machine();
  const sequenceNumber = transactions.request(heartbeat, upf, 0);
  const response = { type: 'heartbeatResponse', sequenceNumber, recoveryTimeStamp } as const;
  const strangers: readonly [PfcpMessage, Address][] = [
    [response, { host: '127.0.0.9', port: 8805 }],
    [response, { host: '127.0.0.8', port: 8806 }],
    [{ ...response, sequenceNumber: sequenceNumber + 1 }, upf],
    [{ type: 'sessionDeletionResponse', sequenceNumber, seid: 1n, cause: 1 }, upf],
  ];
  for (const [message, from] of strangers) {
    assert.equal(answer(transactions, message, from)[0]?.type, 'discarded');
  }
  assert.equal(transactions.outstanding, 1);
});

test('a retransmission that waits to be sent is dropped once the response is here', () => {
  const transactions = machine();
  const sequenceNumber = transactions.request(heartbeat, upf, 0);
  sent(transactions);
  transactions.handleTimeout(T1);
  answer(transactions, { type: 'heartbeatResponse', sequenceNumber, recoveryTimeStamp });
  assert.deepEqual(sent(transactions), []);
});

test('a retransmitted request is executed once and answered each time', () => {
  const transactions = machine();
  const request = encodePfcp({ ...heartbeat, sequenceNumber: 77 });
  assert.equal(deliver(transactions, request)[0]?.type, 'request');
  assert.equal(deliver(transactions, request)[0]?.type, 'discarded', 'no answer yet');
  transactions.respond({ type: 'heartbeatResponse', sequenceNumber: 77, recoveryTimeStamp }, smf);
  const [response] = sent(transactions);
  assert.deepEqual(deliver(transactions, request), []);
  assert.deepEqual(sent(transactions), [response]);
});

test('a duplicate is known for as long as the peer may retransmit, then forgotten', () => {
  const transactions = machine();
  const request = encodePfcp({ ...heartbeat, sequenceNumber: 77 });
  deliver(transactions, request, 0);
  assert.equal(deliver(transactions, request, 4 * T1 - 1)[0]?.type, 'discarded');
  assert.equal(deliver(transactions, request, 4 * T1)[0]?.type, 'request');
});

test('a peer that restarted may use a sequence number again', () => {
  const transactions = machine();
  const setup = (recovery: number): Uint8Array =>
    encodePfcp({
      type: 'associationSetupRequest',
      sequenceNumber: 1,
      nodeId: identity.nodeId,
      recoveryTimeStamp: recovery,
    });
  assert.equal(deliver(transactions, setup(1))[0]?.type, 'request');
  assert.equal(deliver(transactions, setup(1))[0]?.type, 'discarded');
  assert.equal(deliver(transactions, setup(2))[0]?.type, 'request');
});

test('a response leaves from the address that the request came to', () => {
  const transactions = machine();
  deliver(transactions, encodePfcp({ ...heartbeat, sequenceNumber: 1 }));
  transactions.respond({ type: 'heartbeatResponse', sequenceNumber: 1, recoveryTimeStamp }, smf);
  const into = createTransmit(100);
  assert.equal(transactions.nextTransmit(0, into, 1), true);
  assert.deepEqual([into.local, into.remote], [upf, smf]);
});

test('the response cache drops its oldest entry at its cap', () => {
  const transactions = machine({ responseCacheSize: 2 });
  const requests = [1, 2, 3].map((sequenceNumber) => encodePfcp({ ...heartbeat, sequenceNumber }));
  for (const request of requests) deliver(transactions, request);
  const [oldest, , newest] = requests as [Uint8Array, Uint8Array, Uint8Array];
  assert.equal(deliver(transactions, newest)[0]?.type, 'discarded');
  assert.equal(deliver(transactions, oldest)[0]?.type, 'request');
});

test('more outstanding requests than allowed are refused', () => {
  const transactions = machine({ maximumOutstanding: 2 });
  transactions.request(heartbeat, upf, 0);
  transactions.request(heartbeat, upf, 0);
  assert.throws(() => transactions.request(heartbeat, upf, 0), PfcpOverload);
});

test('the send queue has a cap', () => {
  const transactions = machine({ maximumQueued: 2 });
  for (let i = 0; i < 3; i++) transactions.request(heartbeat, upf, 0);
  assert.equal(sent(transactions).length, 2);
  transactions.handleTimeout(T1);
  assert.equal(sent(transactions).length, 2, 'the third is lost again');
});

test('events have a cap', () => {
  const transactions = machine({ responseCacheSize: 10_000 });
  for (let sequenceNumber = 1; sequenceNumber <= 8200; sequenceNumber++) {
    const payload = encodePfcp({ ...heartbeat, sequenceNumber });
    transactions.receiveDatagram({ local: upf, remote: smf, payload }, 0);
  }
  const last = encodePfcp({ ...heartbeat, sequenceNumber: 8200 });
  assert.equal(events(transactions).length, 8192);
  assert.equal(deliver(transactions, last)[0]?.type, 'request', 'its retransmission is taken');
});

test('an undecodable request is refused with the cause and the element at fault', () => {
  const transactions = machine();
  const whole = encodePfcp({
    type: 'associationReleaseRequest',
    sequenceNumber: 9,
    nodeId: identity.nodeId,
  });
  const withoutNodeId = whole.slice(0, 8);
  withoutNodeId[3] = 4;
  assert.equal(deliver(transactions, withoutNodeId)[0]?.type, 'discarded');
  assert.deepEqual(sent(transactions).map(decodePfcp), [
    {
      type: 'associationReleaseResponse',
      sequenceNumber: 9,
      nodeId: identity.nodeId,
      cause: PfcpCause.mandatoryIeMissing,
      offendingIe: 60,
    },
  ]);
});

test('another version is answered with Version Not Supported, a response never', () => {
  const transactions = machine();
  const request = encodePfcp({ ...heartbeat, sequenceNumber: 0x010203 });
  request[0] = 0x40;
  deliver(transactions, request);
  assert.deepEqual(sent(transactions).map(decodePfcp), [
    { type: 'versionNotSupportedResponse', sequenceNumber: 0x010203 },
  ]);
  const response = encodePfcp({ type: 'heartbeatResponse', sequenceNumber: 1, recoveryTimeStamp });
  response[0] = 0x40;
  deliver(transactions, response);
  assert.deepEqual(sent(transactions), []);
});

test('Version Not Supported settles any request', () => {
  const transactions = machine();
  const sequenceNumber = transactions.request(heartbeat, upf, 0);
  const response = { type: 'versionNotSupportedResponse', sequenceNumber } as const;
  assert.equal(answer(transactions, response)[0]?.type, 'response');
});
