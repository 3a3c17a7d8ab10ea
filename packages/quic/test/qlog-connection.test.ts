import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QlogWriter } from '../src/index.ts';
import { Pair } from './connection-pair.ts';

test('a connection over two paths as qlog, from both sides', () => {
  const traces = { client: '', server: '' };
  const observe = (role: 'client' | 'server') =>
    new QlogWriter({
      role,
      groupId: '00',
      startedAt: 0,
      write: (record) => {
        traces[role] += record;
      },
    });
  const pair = new Pair({
    client: { observer: observe('client') },
    server: { observerFor: () => observe('server') },
  }).establish();
  const pathId = pair.openSecondPath();
  pair.client.connection.updateKeys(pair.simulation.now);
  const streamId = pair.client.connection.openStream('bidi') ?? -1;
  pair.client.connection.writeStream(streamId, new Uint8Array(200_000), true);
  pair.until(() => pair.server.finished.has(streamId));
  pair.client.connection.close(pair.simulation.now, 7, 'done');
  pair.until(() => pair.server.has('closing'));

  assert.ok(streamOctets(traces.client, 'quic:packet_sent') >= 200_000);
  assert.ok(streamOctets(traces.server, 'quic:packet_received') >= 200_000);

  for (const [role, text] of Object.entries(traces)) {
    const events = eventsOf(text);
    const names = new Set(events.map(({ name }) => name));
    for (const name of [
      'quic:connection_started',
      'quic:parameters_set',
      'quic:packet_sent',
      'quic:packet_received',
      'quic:recovery_metrics_updated',
      'quic:tuple_assigned',
      'quic:path_state_updated',
      'quic:connection_closed',
    ]) {
      assert.ok(names.has(name), `${role}: ${name}`);
    }
    assert.equal(events[0]?.name, 'quic:connection_started');
    assert.ok(events.some(({ tuple, name }) => tuple === String(pathId) && name.endsWith('_sent')));
    const sets = events.filter(({ name }) => name === 'quic:parameters_set');
    assert.deepEqual(sets.map(({ data }) => data.initiator ?? '').sort(compareText), [
      'local',
      'remote',
    ]);
    const times = events.map(({ time }) => time);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
  }
});

test('Retry and Version Negotiation are told to the observer, without number and frames', () => {
  for (const [name, client, server] of [
    ['retry', {}, { retry: true }],
    ['version_negotiation', { versions: ['v2', 'v1'] }, { versions: ['v1'] }],
  ] as const) {
    let trace = '';
    const write = (record: string): void => {
      trace += record;
    };
    const observer = new QlogWriter({ role: 'client', groupId: '00', startedAt: 0, write });
    new Pair({ client: { observer, ...client }, server }).establish();
    const seen = trace
      .split('\u001e')
      .slice(2)
      .map((record) => JSON.parse(record))
      .filter((event) => event.name === 'quic:packet_received');
    assert.deepEqual(seen[0].data.header, { packet_type: name });
    assert.deepEqual(seen[0].data.frames, []);
    assert.ok(seen[0].data.raw.length > 20);
    assert.equal(seen.filter(({ data }) => data.header.packet_type === name).length, 1);
  }
});

interface QlogEvent {
  readonly name: string;
  readonly time: number;
  readonly tuple?: string;
  readonly data: {
    readonly initiator?: string;
    readonly frames?: readonly {
      readonly frame_type: string;
      readonly raw: { readonly length: number };
    }[];
  };
}

function eventsOf(trace: string): QlogEvent[] {
  return trace
    .split('\u001e')
    .slice(2)
    .map((record) => JSON.parse(record));
}

/** Octets in the STREAM frames of all packets that were sent, or received. */
function streamOctets(trace: string, name: string): number {
  let octets = 0;
  for (const event of eventsOf(trace)) {
    if (event.name !== name) continue;
    for (const frame of event.data.frames ?? []) {
      if (frame.frame_type === 'stream') octets += frame.raw.length;
    }
  }
  return octets;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
