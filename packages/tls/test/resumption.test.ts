/** Session tickets, resumption and 0-RTT. RFC 9846 §2.2, §2.3, §4.7.1 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex, UsageError, utf8 } from '@mpquic/wire';
import {
  Alert,
  type ClientHandshakeParameters,
  InMemoryPskStore,
  ProtocolViolation,
  type SessionTicket,
} from '../src/index.ts';
import { encodeNewSessionTicket } from '../src/messages/new-session-ticket.ts';
import { editOfferedPsks } from './hello-editor.ts';
import { assertAlert, Pair, testPsk } from './pair.ts';
import { certificate, HOUR, TicketServer, ticketOf } from './ticket-server.ts';

test('a session is resumed by its ticket, again and again', () => {
  const server = new TicketServer();
  let ticket = server.ticket();
  assert.equal(ticket.maxEarlyDataSize, 0);
  for (let i = 0; i < 3; i++) {
    server.now += HOUR;
    const pair = server.pair({ session: { ticket, age: HOUR } }).run();
    pair.assertComplete();
    assert.equal(pair.client.summary?.resumed, true);
    assert.equal(pair.server.summary?.resumed, true);
    assert.equal(pair.client.summary.certificate, undefined);
    ticket = ticketOf(pair);
  }
});

test('resumption behind a retry', () => {
  const server = new TicketServer();
  const session = { ticket: server.ticket(), age: 10 };
  const pair = server
    .pair({ session, groups: ['secp256r1', 'x25519'] }, { groups: ['x25519'] })
    .run();
  pair.assertComplete();
  assert.equal(pair.server.summary?.resumed, true);
});

test('an expired, foreign or changed ticket falls back to the certificate', () => {
  const server = new TicketServer();
  const ticket = server.ticket();
  const changed = { ...ticket, identity: ticket.identity.slice() };
  changed.identity[30] = (changed.identity[30] as number) ^ 1;
  const foreign = new TicketServer().ticket();
  for (const [name, offered, later] of [
    ['changed', changed, 0],
    ['foreign', foreign, 0],
    ['expired', ticket, 3 * HOUR],
  ] as const) {
    server.now += later;
    const pair = server.pair({ session: { ticket: offered, age: 0 } }).run();
    pair.assertComplete();
    assert.equal(pair.client.summary?.resumed, false, name);
    assert.ok(pair.client.summary.certificate !== undefined);
    server.now -= later;
  }
});

test('a ticket with a wrong key: 51', () => {
  const server = new TicketServer();
  const ticket = { ...server.ticket(), key: new Uint8Array(32).fill(1) };
  assertAlert(() => server.pair({ session: { ticket, age: 0 } }).run(), Alert.decrypt_error);
});

test('a client does not offer a ticket whose time is over', () => {
  const server = new TicketServer();
  const ticket = server.ticket();
  const pair = server.pair({ session: { ticket, age: ticket.lifetime * 1000 + 1 } }).run();
  pair.assertComplete();
  assert.equal(pair.server.summary?.resumed, false);
});

test('a session goes with its server name and suite, and not with PSKs', () => {
  const server = new TicketServer();
  const session = { ticket: server.ticket(), age: 0 };
  for (const client of [
    { session, serverName: 'other.example' },
    { session, cipherSuites: ['TLS_AES_256_GCM_SHA384'] },
    { session, psks: [testPsk()] },
  ] satisfies Partial<ClientHandshakeParameters>[]) {
    assert.throws(() => server.pair(client), UsageError);
  }
});

test('a ticket is resumed with another suite of the same hash, not with one of another', () => {
  const server = new TicketServer();
  const session = { ticket: server.ticket(), age: 0 };
  for (const [cipherSuite, resumed] of [
    ['TLS_CHACHA20_POLY1305_SHA256', true],
    ['TLS_AES_256_GCM_SHA384', false],
  ] as const) {
    const pair = server.pair({ session }, { cipherSuites: [cipherSuite] }).run();
    pair.assertComplete();
    assert.equal(pair.client.summary?.resumed, resumed);
  }
});

test('a session by external PSK gets no ticket, and its client takes none', () => {
  const server = new TicketServer();
  const psks = new InMemoryPskStore([testPsk()]);
  const pair = new Pair({}, { certificate, tickets: server.policy() }, psks).run();
  pair.assertComplete();
  assert.ok(
    !pair.server.events.some((event) => event.type === 'send' && event.level === 'application'),
  );
  assert.ok(!pair.client.events.some((event) => event.type === 'session_ticket'));
});

test('where a PSK is required, a ticket is not good enough', () => {
  const server = new TicketServer();
  const session = { ticket: server.ticket(), age: 0 };
  assertAlert(() => server.pair({ session }, { requirePsk: true }).run(), Alert.decrypt_error);
});

test('sessions that resume each other end a week after the certificate was shown', () => {
  const server = new TicketServer();
  const tickets = server.policy({ lifetime: 7 * 24 * 3600 });
  const first = server.ticket(tickets);
  assert.equal(first.lifetime, 7 * 24 * 3600);
  server.now += 18 * HOUR;
  const second = ticketOf(
    server.pair({ session: { ticket: first, age: 18 * HOUR } }, { tickets }).run(),
  );
  assert.equal(second.lifetime, (7 * 24 - 18) * 3600);
});

test('keys seal for a day and open for another', () => {
  const server = new TicketServer();
  const { keys } = server;
  const sealed = keys.seal('ticket', utf8('content'));
  assert.equal(toHex(keys.open('ticket', sealed) as Uint8Array), toHex(utf8('content')));
  assert.equal(keys.open('cookie', sealed), undefined, 'one kind is not the other');
  assert.equal(keys.open('ticket', sealed.subarray(0, 15)), undefined);
  server.now += 25 * HOUR;
  assert.ok(keys.open('ticket', sealed) !== undefined);
  server.now += 25 * HOUR;
  assert.equal(keys.open('ticket', sealed), undefined);

  const second = keys.seal('ticket', utf8('content'));
  keys.rotate();
  assert.ok(keys.open('ticket', second) !== undefined);
  keys.rotate();
  assert.equal(keys.open('ticket', second), undefined);
  const third = keys.seal('ticket', utf8('content'));
  server.now += 49 * HOUR;
  assert.equal(keys.open('ticket', third), undefined, 'after two days without use too');
  const fourth = keys.seal('ticket', utf8('content'));
  keys.dispose();
  assert.equal(keys.open('ticket', fourth), undefined);
});

// --- 0-RTT ---

test('0-RTT is off by default on both sides', () => {
  const server = new TicketServer();
  const ticket = server.ticket(server.earlyPolicy());
  assert.equal(ticket.maxEarlyDataSize, 0xffffffff);
  const pair = server
    .pair({ session: { ticket, age: 0 } }, { tickets: server.earlyPolicy() })
    .run();
  pair.assertComplete();
  assert.ok(!pair.client.events.some((event) => event.type === 'early_data'));
  const plain = server.pair({ session: { ticket, age: 0 }, earlyData: true }).run();
  plain.assertComplete();
  assert.deepEqual(
    plain.client.events.filter((event) => event.type === 'early_data'),
    [{ type: 'early_data', accepted: false }],
  );
});

test('0-RTT is accepted: both have the same secret before ServerHello', () => {
  const server = new TicketServer();
  const ticket = server.ticket(server.earlyPolicy());
  server.now += 1000;
  const pair = server
    .pair(
      { session: { ticket, age: 1000 }, earlyData: true, keyLog: true },
      { tickets: server.earlyPolicy() },
    )
    .run();
  pair.assertComplete();
  const { client } = pair;
  assert.equal(client.secrets['early write'], pair.server.secrets['early read']);
  assert.ok(client.secrets['early write'] !== undefined);
  assert.ok(client.keyLog[0]?.startsWith('CLIENT_EARLY_TRAFFIC_SECRET'));
  assert.deepEqual(
    client.events.filter((event) => event.type === 'early_data'),
    [{ type: 'early_data', accepted: true }],
  );
});

test('0-RTT is refused where anything is not as it was; the session is resumed', () => {
  const server = new TicketServer();
  const fresh = (): SessionTicket => server.ticket(server.earlyPolicy());
  const replayed = fresh();
  server.used.add(toHex(replayed.identity));
  for (const [why, client, tickets] of [
    ['a replay', { session: { ticket: replayed, age: 0 } }, server.earlyPolicy()],
    ['other settings', { session: { ticket: fresh(), age: 0 } }, server.earlyPolicy('others')],
    [
      'an age that does not fit',
      { session: { ticket: fresh(), age: 20_000 } },
      server.earlyPolicy(),
    ],
    [
      'a retry',
      { session: { ticket: fresh(), age: 0 }, groups: ['secp384r1', 'x25519'] },
      server.earlyPolicy(),
    ],
  ] as const) {
    const pair = server.pair({ earlyData: true, ...client }, { tickets, groups: ['x25519'] }).run();
    pair.assertComplete();
    assert.equal(pair.server.secrets['early read'], undefined, why);
    assert.equal(pair.server.summary?.resumed, true);
    const outcome = pair.client.events.find((event) => event.type === 'early_data');
    assert.deepEqual(outcome, { type: 'early_data', accepted: false });
  }
});

test('0-RTT of another protocol or suite is refused', () => {
  const server = new TicketServer();
  const both = { alpn: ['other', 'test'] };
  const ticket = ticketOf(server.pair(both, { ...both, tickets: server.earlyPolicy() }).run());
  assert.equal(ticket.alpn, 'other');
  for (const change of [
    { alpn: ['test'] },
    { ...both, cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'] },
  ] as const) {
    const pair = server
      .pair(
        { ...both, session: { ticket, age: 0 }, earlyData: true },
        { ...change, tickets: server.earlyPolicy() },
      )
      .run();
    pair.assertComplete();
    assert.equal(pair.server.secrets['early read'], undefined);
  }
  const notOffered = server.pair({ alpn: ['test'], session: { ticket, age: 0 }, earlyData: true });
  notOffered.run().assertComplete();
  assert.equal(notOffered.client.secrets['early write'], undefined);
});

test('RFC 9001 §4.6.1: a limit of early data that is not QUIC is a PROTOCOL_VIOLATION', () => {
  const server = new TicketServer();
  const pair = server.pair().run();
  const message = encodeNewSessionTicket({
    lifetime: 60,
    ageAdd: 0,
    nonce: new Uint8Array(1),
    ticket: utf8('ticket'),
    maxEarlyDataSize: 16384,
  });
  assert.throws(() => pair.client.handshake.receive('application', message), ProtocolViolation);
});

test('a ticket of lifetime 0 is discarded; of many tickets the first 16 are kept', () => {
  const server = new TicketServer();
  const pair = server.pair({}, { tickets: server.policy() }).run();
  const message = (lifetime: number, nonce: number): Uint8Array =>
    encodeNewSessionTicket({
      lifetime,
      ageAdd: 0,
      nonce: Uint8Array.of(nonce),
      ticket: utf8(`ticket ${nonce}`),
      maxEarlyDataSize: 0,
    });
  pair.client.handshake.receive('application', message(0, 0));
  assert.equal(pair.client.handshake.nextEvent(), undefined);
  for (let i = 1; i < 40; i++) pair.client.handshake.receive('application', message(1e9, i));
  pair.client.drain();
  const tickets = pair.client.events.filter((event) => event.type === 'session_ticket');
  assert.equal(tickets.length, 16);
  assert.equal(tickets[1]?.ticket.lifetime, 7 * 24 * 3600);
  assert.notEqual(
    toHex(tickets[1]?.ticket.key as Uint8Array),
    toHex(tickets[2]?.ticket.key as Uint8Array),
  );
});

test('a ticket comes back beside other identities: both kinds are found', () => {
  const server = new TicketServer();
  const ticket = server.ticket();
  const pair = server.pair({ session: { ticket, age: 0 } });
  pair.fromClient = (data, level) =>
    level === 'initial'
      ? editOfferedPsks(data, ({ identities, binders }) => ({
          identities: [{ identity: utf8('unknown'), obfuscatedTicketAge: 0 }, ...identities],
          binders: [new Uint8Array(32), ...binders],
        }))
      : data;
  // The binder covers the identities, so that it cannot verify; but the ticket was found.
  assertAlert(() => pair.run(), Alert.decrypt_error);
  const lookup = pair.server.events.find((event) => event.type === 'psk_lookup');
  assert.equal(lookup?.lookup.identities.length, 1);
});
