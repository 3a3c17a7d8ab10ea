/** How a bulk transfer reaches the sockets: in runs of datagrams of one size, each run over one path, from connected sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeStatus, openNativeSocket } from '@mpquic/native';
import type { Address } from '@mpquic/wire';
import type { DatagramSocketOptions, OpenDatagramSocket } from '../src/datagram-socket.ts';
import { openDgramSocket } from '../src/dgram-socket.ts';
import { QuicEndpoint } from '../src/endpoint.ts';
import { connectPair, readAll, serverAddress } from './session-pair.ts';

const OCTETS = 3_000_000;

interface SentRun {
  readonly from: string;
  readonly to: Address | undefined;
  readonly datagrams: number;
  readonly segmentSize: number;
  readonly length: number;
}

/** Sockets that keep a record of how they were opened, and what they sent. */
function recording(open: OpenDatagramSocket): {
  readonly openSocket: OpenDatagramSocket;
  readonly opened: DatagramSocketOptions[];
  readonly runs: SentRun[];
} {
  const opened: DatagramSocketOptions[] = [];
  const runs: SentRun[] = [];
  const openSocket: OpenDatagramSocket = async (options, handler) => {
    opened.push(options);
    const socket = await open(options, handler);
    const send = socket.send.bind(socket);
    return Object.assign(socket, {
      send: (transmit: Parameters<typeof send>[0]) => {
        const { datagrams, segmentSize, length, remote } = transmit;
        runs.push({ from: socket.local.host, to: remote, datagrams, segmentSize, length });
        return send(transmit);
      },
    });
  };
  return { openSocket, opened, runs };
}

function leavesInRuns(name: string, open: OpenDatagramSocket, skip: string | false): void {
  test(`${name}: a download over two paths`, { skip }, async () => {
    const atServer = recording(open);
    const atClient = recording(open);
    const addresses = ['127.0.0.1:0', '127.0.0.2:0'];
    const clientEndpoint = new QuicEndpoint({ openSocket: atClient.openSocket });
    const pair = await connectPair({
      server: { endpoint: { addresses, openSocket: atServer.openSocket } },
      client: { endpoint: clientEndpoint },
      onsession: (session) => {
        session.onstream = (stream) => stream.setBody(new Uint8Array(OCTETS));
      },
    });
    const remote = serverAddress(pair.serverEndpoint, 1);
    await pair.client.openPath({ local: '127.0.0.2', remote });
    assert.deepEqual(
      atClient.opened.map(({ remote: to }) => to?.port),
      pair.serverEndpoint.addresses.map(({ port }) => port),
      'a socket for each path, connected',
    );
    atServer.runs.length = 0;
    const stream = await pair.client.createBidirectionalStream({ body: 'all of it' });
    assert.equal((await readAll(stream)).length, OCTETS);
    for (const from of ['127.0.0.1', '127.0.0.2']) {
      const runs = atServer.runs.filter((run) => run.from === from && run.length > 1000);
      assert.ok(runs.length > 3, `${from} carried ${runs.length} runs`);
      assert.equal(new Set(runs.map(({ to }) => to)).size, 1, 'one path, one address object');
      for (const { datagrams, segmentSize, length } of runs) {
        assert.equal(Math.ceil(length / segmentSize), datagrams, 'only the last may be shorter');
      }
      const datagrams = runs.reduce((sum, run) => sum + run.datagrams, 0);
      assert.ok(datagrams / runs.length > 4, `${datagrams} datagrams in ${runs.length} runs`);
    }
    await clientEndpoint.close();
    await pair.close();
  });
}

leavesInRuns('node:dgram', openDgramSocket, false);
leavesInRuns(
  'native',
  openNativeSocket ?? openDgramSocket,
  nativeStatus.available ? false : nativeStatus.reason,
);
