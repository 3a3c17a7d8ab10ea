import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './loopback.ts';
import { connectPair } from './session-pair.ts';

const LENGTH = 1000;

/** Datagram `i` of a flow. */
function datagram(i: number): Uint8Array {
  const data = new Uint8Array(LENGTH).fill(i & 0xff);
  new DataView(data.buffer).setUint32(0, i);
  return data;
}

function numberOf(data: Uint8Array): number {
  assert.equal(data.length, LENGTH);
  const number = new DataView(data.buffer, data.byteOffset, data.length).getUint32(0);
  assert.equal(data[LENGTH - 1], number & 0xff);
  return number;
}

test('a flow of datagrams waits for room, arrives by the batch, and each has one status', async () => {
  const FLOW = 1500;
  const pair = await connectPair();
  const { client, server } = pair;
  await client.confirmed;
  const received = new Set<number>();
  const kept: Uint8Array[] = [];
  let batches = 0;
  server.ondatagram = () => assert.fail('there is a callback for many');
  server.ondatagrams = (datagrams) => {
    batches += 1;
    assert.equal(datagrams.early, false);
    for (let i = 0; i < datagrams.length; i++) {
      const data = datagrams.at(i);
      const { octets } = datagrams;
      const start = datagrams.startOf(i);
      assert.deepEqual(octets.subarray(start, start + datagrams.lengthOf(i)), data);
      const number = numberOf(data);
      assert.equal(received.has(number), false);
      received.add(number);
      if (number % 100 === 0) kept.push(data);
      if (number % 100 === 0) datagrams.keep();
    }
  };
  const statuses = new Map<bigint, string>();
  client.ondatagramstatus = (id, status) => {
    assert.equal(statuses.has(id), false);
    statuses.set(id, status);
  };
  let sent = 0;
  const fill = (): void => {
    for (; sent < FLOW && client.datagramRoom > 0; sent++) {
      assert.equal(client.sendDatagramNow(datagram(sent)), sent + 1);
    }
  };
  client.ondatagramdrain = fill;
  fill();
  assert.ok(sent < FLOW, 'there is room for some');
  await until(() => statuses.size === FLOW, 'a status for each');
  const acknowledged = [...statuses.values()].filter((status) => status === 'acknowledged').length;
  assert.equal([...statuses.values()].includes('abandoned'), false, 'none was one too many');
  assert.ok(received.size >= acknowledged && acknowledged > 0);
  assert.ok(batches < received.size);
  for (const data of kept) assert.equal(numberOf(data) % 100, 0, 'what is kept stays as it was');
  assert.equal(Number(client.stats.datagramsAcknowledged), acknowledged);
  await pair.close();
});

test('datagrams come one by one again where nobody takes many', async () => {
  const pair = await connectPair();
  const { client, server } = pair;
  await client.confirmed;
  const numbers: number[] = [];
  server.ondatagrams = (datagrams) => numbers.push(datagrams.length);
  await client.sendDatagram(datagram(1));
  await until(() => numbers.length === 1, 'the first');
  server.ondatagrams = undefined;
  server.ondatagram = (data) => numbers.push(numberOf(data));
  await client.sendDatagram(datagram(7));
  await until(() => numbers.length === 2, 'the second');
  assert.deepEqual(numbers, [1, 7]);
  await pair.close();
});
