/** Resumption, case by case: what BoringSSL's runner asks of tickets, with the alerts of RFC 9846. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@mpquic/wire';
import { Alert } from '../src/index.ts';
import { ExtensionType } from '../src/messages/extensions.ts';
import { binderCases } from './binder-cases.ts';
import {
  editClientHello,
  editOfferedPsks,
  editServerHello,
  replaceExtension,
} from './hello-editor.ts';
import { assertAlert, type Pair } from './pair.ts';
import { TicketServer } from './ticket-server.ts';

/** A client that comes back with its ticket; with `retry` its first key share does not please. */
function returning(retry = false): Pair {
  const server = new TicketServer();
  const session = { ticket: server.ticket(), age: 0 };
  return retry
    ? server.pair({ session, groups: ['secp256r1', 'x25519'] }, { groups: ['x25519'] })
    : server.pair({ session });
}

/** Changes the ClientHello that comes second. */
function changeSecondHello(pair: Pair, change: (data: Uint8Array) => Uint8Array): void {
  let hellos = 0;
  pair.fromClient = (data, level) => (level === 'initial' && ++hellos === 2 ? change(data) : data);
}

for (const [name, alert, edit] of binderCases) {
  test(`a ticket, ${name}: ${alert}`, () => {
    const pair = returning();
    pair.fromClient = (data) => editOfferedPsks(data, edit);
    assertAlert(() => pair.run(), alert);
  });

  test(`a ticket behind a retry, ${name}: ${alert}`, () => {
    const pair = returning(true);
    changeSecondHello(pair, (data) => editOfferedPsks(data, edit));
    assertAlert(() => pair.run(), alert);
  });
}

test('a ticket in a pre_shared_key that comes first: 47', () => {
  const pair = returning();
  pair.fromClient = (data) =>
    editClientHello(data, (hello) => {
      hello.extensions = [...hello.extensions.slice(-1), ...hello.extensions.slice(0, -1)];
    });
  assertAlert(() => pair.run(), Alert.illegal_parameter);
});

test('a ticket without psk_key_exchange_modes: 109', () => {
  const pair = returning();
  pair.fromClient = (data) =>
    editClientHello(data, (hello) => {
      const { psk_key_exchange_modes: modes } = ExtensionType;
      hello.extensions = replaceExtension(hello.extensions, modes, undefined);
    });
  assertAlert(() => pair.run(), Alert.missing_extension);
});

test('a ticket that is left out of the second ClientHello: 109', () => {
  const pair = returning(true);
  changeSecondHello(pair, (data) =>
    editClientHello(data, (hello) => {
      hello.extensions = hello.extensions.slice(0, -1);
    }),
  );
  assertAlert(() => pair.run(), Alert.missing_extension);
});

test('a server that selects a ticket beyond what was offered: 47', () => {
  const pair = returning();
  pair.fromServer = (data, level) =>
    level === 'initial'
      ? editServerHello(data, (hello) => {
          const { pre_shared_key: type } = ExtensionType;
          hello.extensions = replaceExtension(hello.extensions, type, Uint8Array.of(0, 1));
        })
      : data;
  assertAlert(() => pair.run(), Alert.illegal_parameter);
});

test('a server that selects a ticket where none was offered: 110', () => {
  const pair = new TicketServer().pair();
  pair.fromServer = (data, level) =>
    level === 'initial'
      ? editServerHello(data, (hello) => {
          const selected = { type: ExtensionType.pre_shared_key, data: Uint8Array.of(0, 0) };
          hello.extensions = [...hello.extensions, selected];
        })
      : data;
  assertAlert(() => pair.run(), Alert.unsupported_extension);
});

test('a resumed session with a suite of another hash: 47', () => {
  const pair = returning();
  pair.fromServer = (data, level) =>
    level === 'initial'
      ? editServerHello(data, (hello) => {
          hello.cipherSuite = 0x1302;
        })
      : data;
  assertAlert(() => pair.run(), Alert.illegal_parameter);
});

test('beside a ticket an unknown one is passed over, and binders of others are not checked', () => {
  const pair = returning();
  pair.fromClient = (data, level) =>
    level === 'initial'
      ? editOfferedPsks(data, ({ identities, binders }) => ({
          identities: [...identities, { identity: utf8('unknown'), obfuscatedTicketAge: 7 }],
          binders: [...binders, new Uint8Array(32)],
        }))
      : data;
  // The ClientHello that the server saw is not the one that was bound.
  assertAlert(() => pair.run(), Alert.decrypt_error);
  assert.equal(pair.server.summary, undefined);
});
