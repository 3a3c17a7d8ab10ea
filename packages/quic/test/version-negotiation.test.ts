import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import type { VersionInformation } from '../src/wire/transport-parameters.ts';
import { writeVersionNegotiation } from '../src/wire/version-negotiation.ts';
import type { QuicVersionName } from '../src/wire/versions.ts';
import { QUIC_V1, QUIC_V2 } from '../src/wire/versions.ts';
import { Pair, type PairOptions, type Side } from './connection-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

const VERSION_NEGOTIATION_ERROR = 0x11;
const TRANSPORT_PARAMETER_ERROR = 0x08;
const V1 = QUIC_V1.number;
const V2 = QUIC_V2.number;

function pair(
  client: readonly QuicVersionName[] | undefined,
  server: readonly QuicVersionName[] | undefined,
  options: PairOptions = {},
): Pair {
  return new Pair({
    ...options,
    client: { ...options.client, ...(client && { versions: client }) },
    server: { ...options.server, ...(server && { versions: server }) },
  });
}

/** The handshake comes about in one version on both sides, and data flow. */
function wantVersion(subject: Pair, version: QuicVersionName): void {
  subject.establish();
  const { client, server } = subject;
  assert.equal(client.connection.version, version);
  assert.equal(server.connection.version, version);
  const streamId = client.connection.openStream('uni') as number;
  client.connection.writeStream(streamId, utf8('hello'), true);
  subject.until(() => server.finished.has(streamId));
  assert.deepEqual(server.content(streamId), utf8('hello'));
}

function closedWith(side: Side): number | undefined {
  return side.all('closing')[0]?.reason.code;
}

test('RFC 9369: a whole connection in version 2', () => {
  wantVersion(pair(['v2'], undefined), 'v2');
});

test('by default a client speaks version 1, and a server both', () => {
  wantVersion(pair(undefined, undefined), 'v1');
});

test('RFC 9368 §2.3: a server that prefers version 2 moves a client there, in the same flight', () => {
  const subject = pair(['v1', 'v2'], ['v2', 'v1']);
  const plain = pair(['v1'], undefined).establish().simulation.now;
  wantVersion(subject, 'v2');
  const upgraded = pair(['v1', 'v2'], ['v2', 'v1']).establish().simulation.now;
  assert.equal(upgraded, plain, 'no round trip is added');
});

test('RFC 9368 §2.3: and from version 2 to version 1', () => {
  wantVersion(pair(['v2', 'v1'], ['v1', 'v2']), 'v1');
});

test('RFC 9368 §2.3: a server without a preference leaves the choice to the client', () => {
  wantVersion(pair(['v1', 'v2'], undefined), 'v1');
  wantVersion(pair(['v2', 'v1'], undefined), 'v2');
});

test('RFC 9368 §2.3: a client may begin with a version that it does not prefer', () => {
  const client = { firstVersion: 'v1' } as const;
  wantVersion(pair(['v2', 'v1'], ['v2', 'v1'], { client }), 'v2');
  wantVersion(pair(['v2', 'v1'], undefined, { client }), 'v1');
  wantVersion(pair(['v2', 'v1'], ['v2'], { client }), 'v2');
});

test('a first version that is not among the versions is refused at once', () => {
  const client = { firstVersion: 'v2' } as const;
  assert.throws(() => pair(['v1'], undefined, { client }), /firstVersion is v2/);
});

test('RFC 9369 §4.1: Retry in the original version, then the upgrade', () => {
  wantVersion(pair(['v1', 'v2'], ['v2', 'v1'], { server: { retry: true } }), 'v2');
  wantVersion(pair(['v2'], undefined, { server: { retry: true } }), 'v2');
});

test('RFC 9369 §4.1: the upgrade comes through loss and reordering', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const link = { delay: 10_000, loss: 0.2, reordering: 0.3, duplication: 0.2 };
    const subject = pair(['v1', 'v2'], ['v2', 'v1'], { seed, link });
    const done = () =>
      subject.client.has('handshake_confirmed') && subject.server.has('handshake_confirmed');
    subject.until(done, 60_000_000, `seed ${seed}`);
    assert.equal(subject.client.connection.version, 'v2', `seed ${seed}`);
    assert.equal(subject.server.connection.version, 'v2', `seed ${seed}`);
  }
});

test('RFC 9368 §2.1: Version Negotiation leads a client to the version that the server speaks', () => {
  const subject = pair(['v2', 'v1'], ['v1']);
  wantVersion(subject, 'v1');
  assert.equal(subject.server.machine.set.dropped['unsupported_version'], 1);
});

test('RFC 9000 §6.2: without a version in common the client gives up', () => {
  const subject = pair(['v2'], ['v1']);
  subject.until(() => subject.client.has('closed'));
  assert.equal(closedWith(subject.client), VERSION_NEGOTIATION_ERROR);
});

// ---- a scripted client

/** What a server makes of a client that says this of its versions. */
function serverFacing(versionInformation: VersionInformation): ScriptedPeer {
  const peer = new ScriptedPeer('client', { parameters: { versionInformation } });
  peer.handshakeStep();
  return peer;
}

test('RFC 9368 §4: a client whose chosen version is not the one it uses is refused', () => {
  const peer = serverFacing({ chosen: V2, available: [V1, V2] });
  peer.wantClose('chosen v2, sent v1', VERSION_NEGOTIATION_ERROR);
});

test('RFC 9368 §4: a chosen version that is not among those available is malformed', () => {
  const peer = serverFacing({ chosen: V1, available: [V2] });
  peer.wantClose('v1 not available', TRANSPORT_PARAMETER_ERROR);
});

test('RFC 9369 §4.1: packets of the original version are understood after the upgrade', () => {
  const peer = new ScriptedPeer('client', {
    parameters: { versionInformation: { chosen: V1, available: [V1, V2] } },
    server: { versions: ['v2', 'v1'] },
  });
  const [flight] = peer.handshakeFlight();
  assert.ok(flight);
  peer.write(flight.frames, { level: 'initial', padTo: 1200 });
  assert.equal(peer.connection.version, 'v2');
  const before = peer.connection.stats().packetsReceived;
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  assert.equal(peer.connection.stats().packetsReceived, before + 1);
});

// ---- a scripted server

interface ServerScript {
  readonly versions: readonly QuicVersionName[];
  readonly says: VersionInformation | undefined;
  readonly turnsTo?: typeof QUIC_V2;
  readonly negotiates?: readonly number[];
}

/** A client that faces a server which says this of its versions. */
function clientFacing(script: ServerScript): ScriptedPeer {
  const peer = new ScriptedPeer('server', {
    parameters: { versionInformation: script.says },
    client: { versions: script.versions },
    ...(script.turnsTo && { turnsTo: script.turnsTo }),
  });
  if (script.negotiates !== undefined) {
    // Meets the client's first packet, answers it with Version Negotiation, and forgets it.
    peer.pump();
    negotiate(peer, script.negotiates);
  }
  peer.pump();
  if (script.turnsTo !== undefined) peer.turnTo(script.turnsTo);
  peer.handshakeStep();
  return peer;
}

function negotiate(peer: ScriptedPeer, versions: readonly number[]): void {
  const source = peer.originalDestination;
  const destination = peer.testedIds.get('0/0') as Uint8Array;
  const packet = new Uint8Array(100);
  const end = writeVersionNegotiation(packet, 0, destination, source, versions, 0);
  peer.forgetClient();
  peer.send(packet.slice(0, end));
}

test('RFC 9369 §4.1: a client follows a server that answers in version 2', () => {
  const says = { chosen: V2, available: [V2, V1] };
  const peer = clientFacing({ versions: ['v1', 'v2'], says, turnsTo: QUIC_V2 });
  peer.wantOpen('an upgrade');
  assert.equal(peer.connection.version, 'v2');
  assert.ok(peer.connection.handshake);
});

test('RFC 9368 §4: a server that chose another version than the one in use is refused', () => {
  const says = { chosen: V2, available: [V2, V1] };
  const peer = clientFacing({ versions: ['v1', 'v2'], says });
  peer.wantClose('it says v2 and uses v1', VERSION_NEGOTIATION_ERROR);
});

test('RFC 9368 §4: an upgrade without Version Information is refused', () => {
  const peer = clientFacing({ versions: ['v1', 'v2'], says: undefined, turnsTo: QUIC_V2 });
  peer.wantClose('it says nothing', VERSION_NEGOTIATION_ERROR);
});

test('RFC 9369 §4.1: a version that was not offered is not followed', () => {
  const peer = clientFacing({ versions: ['v1'], says: undefined, turnsTo: QUIC_V2 });
  assert.equal(peer.connection.version, 'v1');
  assert.ok(peer.dropped('other_version') > 0);
});

test('RFC 9368 §8: a server of version 1 alone may say nothing after Version Negotiation', () => {
  const peer = clientFacing({ versions: ['v2', 'v1'], says: undefined, negotiates: [V1] });
  peer.wantOpen('version 1');
  assert.equal(peer.connection.version, 'v1');
  assert.ok(peer.connection.handshake);
});

test('RFC 9368 §4: a forged Version Negotiation packet that hides version 2 is found out', () => {
  const says = { chosen: V1, available: [V1, V2] };
  const peer = clientFacing({ versions: ['v2', 'v1'], says, negotiates: [V1] });
  peer.wantClose('the server speaks v2 too', VERSION_NEGOTIATION_ERROR);
});

test('RFC 9368 §4: after Version Negotiation, a server without available versions is refused', () => {
  const says = { chosen: V1, available: [] };
  const peer = clientFacing({ versions: ['v2', 'v1'], says, negotiates: [V1] });
  peer.wantClose('nothing available', VERSION_NEGOTIATION_ERROR);
});

test('RFC 9000 §6.2: Version Negotiation that names the version in use is ignored', () => {
  const says = { chosen: V2, available: [V2] };
  const peer = clientFacing({ versions: ['v2', 'v1'], says, negotiates: [V1, V2] });
  assert.equal(peer.connection.version, 'v2');
  assert.equal(peer.dropped('unexpected_version_negotiation'), 1);
});

test('RFC 9368 §4: a second Version Negotiation packet is ignored', () => {
  const peer = new ScriptedPeer('server', { client: { versions: ['v2', 'v1'] } });
  peer.pump();
  negotiate(peer, [V1]);
  assert.equal(peer.connection.version, 'v1');
  peer.pump();
  negotiate(peer, [V2]);
  assert.equal(peer.connection.version, 'v1');
  assert.equal(peer.dropped('unexpected_version_negotiation'), 1);
});

test('RFC 9000 §6.2: Version Negotiation after any other packet is ignored', () => {
  const peer = new ScriptedPeer('server', { client: { versions: ['v2', 'v1'] } });
  peer.pump();
  peer.write([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  negotiate(peer, [V1]);
  assert.equal(peer.connection.version, 'v2');
  assert.equal(peer.dropped('unexpected_version_negotiation'), 1);
});

test('RFC 9000 §6.2: version negotiation', () => {
  const peer = new ScriptedPeer('server');
  peer.pump();
  const source = peer.testedIds.get('0/0') as Uint8Array;
  const negotiation = (versions: readonly number[], from: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(100);
    return bytes.slice(0, writeVersionNegotiation(bytes, 0, source, from, versions, 0));
  };
  const original = peer.originalDestination;
  peer.send(negotiation([1, 0x6b3343cf], original));
  peer.send(negotiation([0x6b3343cf], utf8('notours!')));
  assert.equal(peer.dropped('unexpected_version_negotiation'), 2, 'ours is named; not our choice');
  peer.send(negotiation([0x6b3343cf], original));
  const [closed] = peer.events.filter((event) => event.type === 'closed');
  assert.equal(closed?.reason.code, 0x11);

  const later = new ScriptedPeer('server');
  later.pump();
  later.write([{ type: 'ping' }], { level: 'initial', padTo: 1200 });
  later.send(
    (() => {
      const bytes = new Uint8Array(100);
      const id = later.testedIds.get('0/0') as Uint8Array;
      const length = writeVersionNegotiation(bytes, 0, id, later.originalDestination, [5], 0);
      return bytes.slice(0, length);
    })(),
  );
  assert.equal(later.dropped('unexpected_version_negotiation'), 1, 'after a packet was processed');
});

test('RFC 9000 §6.1: a server names its versions to a client of another one', () => {
  const peer = new ScriptedPeer('client');
  const packet = new Uint8Array(1200);
  packet.set([0xc0, 0xfa, 0xce, 0xb0, 0x0c, 8]);
  packet.set(utf8('unknown1'), 6);
  packet.set([4, 1, 2, 3, 4], 14);
  peer.send(packet);
  const [answer] = peer.datagrams;
  assert.ok(answer);
  assert.deepEqual([...answer.subarray(1, 5)], [0, 0, 0, 0]);
  assert.deepEqual([...answer.subarray(5, 10)], [4, 1, 2, 3, 4]);
  assert.deepEqual([...answer.subarray(10, 19)], [8, ...utf8('unknown1')]);
  assert.deepEqual([...answer.subarray(19, 23)], [0, 0, 0, 1]);
  peer.send(packet.subarray(0, 1199));
  assert.equal(peer.datagrams.length, 1, 'a small datagram is not answered');
});
