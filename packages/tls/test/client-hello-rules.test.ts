/** What a server does with a ClientHello that breaks a rule: one rule, one alert. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, toHex } from '@mpquic/wire';
import {
  Alert,
  createServerHandshake,
  InMemoryPskStore,
  ProtocolViolation,
  type ServerHandshakeParameters,
} from '../src/index.ts';
import { type Extension, ExtensionType } from '../src/messages/extensions.ts';
import {
  type EditableClientHello,
  editClientHello,
  editOfferedPsks,
  rebind,
  replaceExtension,
} from './hello-editor.ts';
import { assertAlert, Pair, Side, serverParameters, testPsk } from './pair.ts';

type Edit = (hello: EditableClientHello) => void;

/** A handshake whose ClientHello is edited, with a binder that fits. */
function withEdited(edit: Edit, server: Partial<ServerHandshakeParameters> = {}): Pair {
  const pair = new Pair({}, server);
  pair.fromClient = (data, level) =>
    level === 'initial' ? rebind(editClientHello(data, edit), [testPsk()]) : data;
  return pair;
}

function without(type: number): Edit {
  return (hello) => {
    hello.extensions = replaceExtension(hello.extensions, type, undefined);
  };
}

function withContents(type: number, data: Uint8Array): Edit {
  return (hello) => {
    hello.extensions = replaceExtension(hello.extensions, type, data);
  };
}

function inFront(extension: Extension): Edit {
  return (hello) => {
    hello.extensions = [extension, ...hello.extensions];
  };
}

const uint16List = (...values: readonly number[]): Uint8Array => {
  const writer = new ByteWriter();
  writer.vector(2, (list) => {
    for (const value of values) list.uint16(value);
  });
  return writer.finish();
};

const rules: readonly (readonly [rule: string, alert: number, edit: Edit])[] = [
  [
    'RFC 9846 §4.2.2: legacy_version is 0x0303',
    Alert.protocol_version,
    (hello) => {
      hello.legacyVersion = 0x0304;
    },
  ],
  [
    'RFC 9001 §4.2: TLS 1.2 alone is refused',
    Alert.protocol_version,
    withContents(ExtensionType.supported_versions, Uint8Array.of(2, 3, 3)),
  ],
  [
    'RFC 9846 §4.3.1: no supported_versions is TLS 1.2',
    Alert.protocol_version,
    without(ExtensionType.supported_versions),
  ],
  [
    'RFC 9846 §4.2.2: one compression method',
    Alert.illegal_parameter,
    (hello) => {
      hello.legacyCompressionMethods = Uint8Array.of(1, 0);
    },
  ],
  [
    'RFC 9846 §4.2.2: which is null',
    Alert.illegal_parameter,
    (hello) => {
      hello.legacyCompressionMethods = Uint8Array.of(1);
    },
  ],
  [
    'RFC 9846 §9.2: no common cipher suite',
    Alert.handshake_failure,
    (hello) => {
      hello.cipherSuites = [0x1304, 0x1305, 0xc02b];
    },
  ],
  [
    'RFC 9846 §4.3.9: psk_key_exchange_modes comes with pre_shared_key',
    Alert.missing_extension,
    without(ExtensionType.psk_key_exchange_modes),
  ],
  [
    'psk_ke alone is not accepted',
    Alert.handshake_failure,
    withContents(ExtensionType.psk_key_exchange_modes, Uint8Array.of(1, 0)),
  ],
  [
    'RFC 9846 §9.2: key_share comes with supported_groups',
    Alert.missing_extension,
    without(ExtensionType.key_share),
  ],
  [
    'RFC 9846 §9.2: supported_groups comes with key_share',
    Alert.missing_extension,
    without(ExtensionType.supported_groups),
  ],
  [
    'RFC 9846 §9.2: psk_dhe_ke needs both',
    Alert.missing_extension,
    (hello) => {
      without(ExtensionType.key_share)(hello);
      without(ExtensionType.supported_groups)(hello);
    },
  ],
  [
    'RFC 9846 §4.3.7: no common group',
    Alert.handshake_failure,
    (hello) => {
      withContents(ExtensionType.supported_groups, uint16List(0x0100, 0x001e))(hello);
      withContents(ExtensionType.key_share, Uint8Array.of(0, 0))(hello);
    },
  ],
  [
    'RFC 9846 §4.3.8: a share of a group that is not offered',
    Alert.illegal_parameter,
    withContents(ExtensionType.supported_groups, uint16List(0x0017)),
  ],
  [
    'RFC 9846 §4.3.8: an empty share',
    Alert.decode_error,
    withContents(ExtensionType.key_share, Uint8Array.of(0, 4, 0, 0x1d, 0, 0)),
  ],
  [
    'RFC 9846 §7.4.2: an x25519 share of low order',
    Alert.illegal_parameter,
    withContents(
      ExtensionType.key_share,
      Uint8Array.of(0, 36, 0, 0x1d, 0, 32, ...new Uint8Array(32)),
    ),
  ],
  [
    'RFC 9846 §4.3.8: two shares of one group',
    Alert.illegal_parameter,
    withContents(ExtensionType.key_share, Uint8Array.of(0, 10, 0, 0x1d, 0, 1, 1, 0, 0x1d, 0, 1, 2)),
  ],
  [
    'RFC 9001 §8.1: no ALPN',
    Alert.no_application_protocol,
    without(ExtensionType.application_layer_protocol_negotiation),
  ],
  [
    'RFC 9001 §8.1: another ALPN',
    Alert.no_application_protocol,
    withContents(
      ExtensionType.application_layer_protocol_negotiation,
      Uint8Array.of(0, 3, 2, 0x68, 0x33),
    ),
  ],
  [
    'RFC 7301 §3.1: an empty protocol name',
    Alert.decode_error,
    withContents(ExtensionType.application_layer_protocol_negotiation, Uint8Array.of(0, 2, 0, 0)),
  ],
  [
    'RFC 9001 §8.2: no quic_transport_parameters',
    Alert.missing_extension,
    without(ExtensionType.quic_transport_parameters),
  ],
  [
    'RFC 9846 §4.3: octets left over in an extension',
    Alert.decode_error,
    withContents(ExtensionType.supported_versions, Uint8Array.of(2, 3, 4, 0)),
  ],
  [
    'RFC 9846 §4.3: an extension twice',
    Alert.illegal_parameter,
    inFront({ type: ExtensionType.supported_versions, data: Uint8Array.of(2, 3, 4) }),
  ],
];

for (const [rule, alert, edit] of rules) {
  test(`${rule}: ${alert}`, () => {
    assertAlert(() => withEdited(edit).run(), alert);
  });
}

test('RFC 9846 §4.3.11: pre_shared_key that is not last: 47', () => {
  const pair = new Pair();
  pair.fromClient = (data) =>
    editClientHello(data, (hello) => {
      const last = hello.extensions.at(-1) as Extension;
      hello.extensions = [last, ...hello.extensions.slice(0, -1)];
    });
  assertAlert(() => pair.run(), Alert.illegal_parameter);
});

test('RFC 9001 §8.4: a legacy_session_id is a PROTOCOL_VIOLATION', () => {
  const pair = withEdited((hello) => {
    hello.legacySessionId = new Uint8Array(32).fill(1);
  });
  assert.throws(() => pair.run(), ProtocolViolation);
});

test('RFC 9846 §4.3: unknown extensions, suites, groups and versions are ignored', () => {
  const pair = withEdited((hello) => {
    inFront({ type: 0x0a0a, data: Uint8Array.of(1, 2, 3) })(hello);
    hello.cipherSuites = [0x0a0a, ...hello.cipherSuites];
    withContents(ExtensionType.supported_versions, Uint8Array.of(4, 0x1a, 0x1a, 3, 4))(hello);
    withContents(ExtensionType.psk_key_exchange_modes, Uint8Array.of(3, 0x0a, 1, 0))(hello);
  });
  pair.client.handshake.start();
  const [hello] = pair.client.drain();
  pair.server.handshake.receive(
    'initial',
    pair.fromClient(hello?.data as Uint8Array, 'initial') as Uint8Array,
  );
  // The transcripts differ, so that only the server can be looked at.
  assert.equal(pair.server.drain().length, 2);
});

test('RFC 9001 §4.6.2: early_data is not answered while 0-RTT is off', () => {
  const pair = withEdited(inFront({ type: ExtensionType.early_data, data: new Uint8Array(0) }));
  pair.client.handshake.start();
  const hello = pair.client.drain()[0]?.data as Uint8Array;
  pair.server.handshake.receive('initial', pair.fromClient(hello, 'initial') as Uint8Array);
  const flight = pair.server.drain()[1]?.data as Uint8Array;
  assert.ok(!toHex(flight).includes('002a0000'));
  assert.ok(
    !pair.server.events.some((event) => event.type === 'secret' && event.level === 'early'),
  );
});

test('RFC 9846 §4.3.11: obfuscated_ticket_age of an external PSK is ignored', () => {
  const pair = new Pair();
  pair.fromClient = (data) =>
    rebind(
      editOfferedPsks(data, ({ identities, binders }) => ({
        identities: identities.map(({ identity }) => ({
          identity,
          obfuscatedTicketAge: 0x12345678,
        })),
        binders,
      })),
      [testPsk()],
    );
  pair.client.handshake.start();
  const hello = pair.client.drain()[0]?.data as Uint8Array;
  pair.server.handshake.receive('initial', pair.fromClient(hello, 'initial') as Uint8Array);
  assert.equal(pair.server.drain().length, 2);
});

test('more identities than the limit: 47, before any look-up', () => {
  const pair = new Pair();
  pair.fromClient = (data) =>
    editOfferedPsks(data, ({ identities, binders }) => ({
      identities: Array.from({ length: 33 }, () => identities[0] as (typeof identities)[0]),
      binders: Array.from({ length: 33 }, () => binders[0] as Uint8Array),
    }));
  assertAlert(() => pair.run(), Alert.illegal_parameter);
  assert.equal(pair.server.events.length, 0);
});

test('a server without a client that offers a PSK: 40', () => {
  assertAlert(
    () => withEditedWithoutBinder(without(ExtensionType.pre_shared_key)).run(),
    Alert.handshake_failure,
  );
});

function withEditedWithoutBinder(edit: Edit): Pair {
  const pair = new Pair();
  pair.fromClient = (data) => editClientHello(data, edit);
  return pair;
}

test('the first message of a client is ClientHello: 10', () => {
  const server = new Side(createServerHandshake(serverParameters()), new InMemoryPskStore());
  assertAlert(
    () => server.handshake.receive('initial', Uint8Array.of(20, 0, 0, 1, 0)),
    Alert.unexpected_message,
  );
});

test('the server name reaches the summary, an address does not', () => {
  const named = new Pair({ serverName: 'upf.example' }).run();
  named.assertComplete();
  assert.equal(named.server.summary?.serverName, 'upf.example');
  for (const serverName of ['192.0.2.1', '2001:db8::1']) {
    const pair = new Pair({ serverName }).run();
    pair.assertComplete();
    assert.equal(pair.server.summary?.serverName, undefined);
  }
});
