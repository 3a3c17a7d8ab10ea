import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { NAS_COUNT_LIMIT, readProtectedMessage } from '@mpquic/nas';
import { noEvents } from '@mpquic/service';
import { NasConnection, ProcedureAborted } from '../src/amf/nas-connection.ts';
import { AmfSecurityContext } from '../src/amf/security-context.ts';

const STATUS = { type: 'mmStatus', cause: 111 } as const;

function newContext(): AmfSecurityContext {
  return new AmfSecurityContext(nodeCryptoProvider, noEvents, {
    ngKsi: 0,
    kAmf: new Uint8Array(32).fill(1),
    kSeaf: undefined,
    algorithms: { encryption: 2, integrity: 2 },
  });
}

function connect() {
  const sent: Uint8Array[] = [];
  const state = { closed: false };
  const address = { host: '127.0.0.1', port: 1 };
  const transport = {
    local: address,
    remote: address,
    send: (bytes: Uint8Array) => void sent.push(bytes),
    close: () => {
      state.closed = true;
    },
  };
  const connection = new NasConnection('3gpp', transport, noEvents);
  connection.security = newContext();
  return { connection, sent, state };
}

test('no COUNT is used twice: after the last one the connection ends', () => {
  const { connection, sent, state } = connect();
  const counts = connection.security?.nas.counts['3gpp'];
  while (counts !== undefined && counts.nextSent < NAS_COUNT_LIMIT - 1) counts.takeSent();
  connection.send(STATUS);
  assert.equal(readProtectedMessage(sent[0] as Uint8Array)?.sequenceNumber, 0xff);
  assert.throws(() => connection.send(STATUS), ProcedureAborted);
  assert.equal(sent.length, 1);
  assert.equal(state.closed, true);
});

test('while the security context changes, messages wait and then go under the new one', () => {
  const { connection, sent } = connect();
  connection.send(STATUS);
  const next = newContext();
  connection.pause(next);
  connection.send(STATUS);
  connection.send(STATUS);
  assert.equal(sent.length, 1);
  connection.security = next;
  connection.resume();
  assert.equal(connection.offered, undefined);
  const numbers = sent.map((bytes) => readProtectedMessage(bytes)?.sequenceNumber);
  assert.deepEqual(numbers, [0, 0, 1]);
});

test('32 messages wait for a UE that does not change its context; one more ends the connection', () => {
  const { connection, sent, state } = connect();
  connection.pause();
  for (let i = 0; i < 32; i++) connection.send(STATUS);
  assert.throws(() => connection.send(STATUS), ProcedureAborted);
  assert.equal(state.closed, true);
  connection.resume();
  assert.equal(sent.length, 0);
});
