/** What a client does with a server's messages that break a rule: one rule, one alert. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, utf8 } from '@mpquic/wire';
import { Alert, ProtocolViolation } from '../src/index.ts';
import { type Extension, ExtensionType } from '../src/messages/extensions.ts';
import { encodeMessage, MessageType } from '../src/messages/message.ts';
import { encodeNewSessionTicket } from '../src/messages/new-session-ticket.ts';
import { HELLO_RETRY_RANDOM } from '../src/messages/server-hello.ts';
import {
  type EditableServerHello,
  editEncryptedExtensions,
  editServerHello,
  replaceExtension,
} from './hello-editor.ts';
import { assertAlert, Pair } from './pair.ts';

type Edit = (hello: EditableServerHello) => void;

function withServerHello(edit: Edit): Pair {
  const pair = new Pair();
  pair.fromServer = (data, level) => (level === 'initial' ? editServerHello(data, edit) : data);
  return pair;
}

function withExtensions(edit: (extensions: readonly Extension[]) => readonly Extension[]): Pair {
  const pair = new Pair();
  pair.fromServer = (data, level) =>
    level === 'handshake' ? editEncryptedExtensions(data, edit) : data;
  return pair;
}

function replace(type: number, data?: Uint8Array): Edit {
  return (hello) => {
    hello.extensions = replaceExtension(hello.extensions, type, data);
  };
}

function add(type: number, ...data: readonly number[]): Edit {
  return (hello) => {
    hello.extensions = [...hello.extensions, { type, data: Uint8Array.from(data) }];
  };
}

const serverHelloRules: readonly (readonly [rule: string, alert: number, edit: Edit])[] = [
  [
    'RFC 9846 §4.2.3: legacy_version is 0x0303',
    Alert.protocol_version,
    (hello) => {
      hello.legacyVersion = 0x0304;
    },
  ],
  [
    'RFC 9846 §4.2.3: supported_versions is there',
    Alert.protocol_version,
    replace(ExtensionType.supported_versions),
  ],
  [
    'RFC 9846 §4.3.1: and says TLS 1.3',
    Alert.protocol_version,
    replace(ExtensionType.supported_versions, Uint8Array.of(3, 3)),
  ],
  [
    'RFC 9846 §4.2.3: the session ID is echoed',
    Alert.illegal_parameter,
    (hello) => {
      hello.legacySessionIdEcho = Uint8Array.of(1);
    },
  ],
  [
    'RFC 9846 §4.2.3: no compression',
    Alert.illegal_parameter,
    (hello) => {
      hello.legacyCompressionMethod = 1;
    },
  ],
  [
    'RFC 9846 §4.2.3: a suite that was offered',
    Alert.illegal_parameter,
    (hello) => {
      hello.cipherSuite = 0x1304;
    },
  ],
  [
    'RFC 9846 §4.3.11: the hash of the suite is that of the PSK',
    Alert.illegal_parameter,
    (hello) => {
      hello.cipherSuite = 0x1302;
    },
  ],
  [
    'RFC 9846 §4.3.11: the selected identity was offered',
    Alert.illegal_parameter,
    replace(ExtensionType.pre_shared_key, Uint8Array.of(0, 1)),
  ],
  [
    'no PSK selected: no fallback to a certificate',
    Alert.missing_extension,
    replace(ExtensionType.pre_shared_key),
  ],
  [
    'RFC 9846 §4.3.11: psk_dhe_ke has a key_share',
    Alert.illegal_parameter,
    replace(ExtensionType.key_share),
  ],
  [
    'RFC 9846 §4.3.8: of the group that was offered',
    Alert.illegal_parameter,
    replace(ExtensionType.key_share, Uint8Array.of(0, 0x17, 0, 1, 4)),
  ],
  [
    'RFC 9846 §7.4.2: and a valid one',
    Alert.illegal_parameter,
    replace(ExtensionType.key_share, Uint8Array.of(0, 0x1d, 0, 32, ...new Uint8Array(32))),
  ],
  ['RFC 9846 §4.3: an extension that was not offered', Alert.unsupported_extension, add(0x0a0a)],
  [
    'RFC 9846 §4.3: an extension of another message',
    Alert.illegal_parameter,
    add(ExtensionType.application_layer_protocol_negotiation, 0, 5, 4, 0x74, 0x65, 0x73, 0x74),
  ],
  [
    'RFC 9846 §4.2.4: a HelloRetryRequest that changes nothing',
    Alert.illegal_parameter,
    (hello) => {
      hello.random = HELLO_RETRY_RANDOM;
      hello.extensions = hello.extensions.filter(
        ({ type }) => type === ExtensionType.supported_versions,
      );
    },
  ],
  [
    'RFC 9846 §4.3.8: a retry for the group whose share came',
    Alert.illegal_parameter,
    (hello) => {
      hello.random = HELLO_RETRY_RANDOM;
      hello.extensions = [
        { type: ExtensionType.supported_versions, data: Uint8Array.of(3, 4) },
        { type: ExtensionType.key_share, data: Uint8Array.of(0, 0x1d) },
      ];
    },
  ],
  [
    'RFC 9846 §4.3.8: a retry for a group that was not offered',
    Alert.illegal_parameter,
    (hello) => {
      hello.random = HELLO_RETRY_RANDOM;
      hello.extensions = [
        { type: ExtensionType.supported_versions, data: Uint8Array.of(3, 4) },
        { type: ExtensionType.key_share, data: Uint8Array.of(0, 0x1e) },
      ];
    },
  ],
  [
    'RFC 9846 §4.3: a retry with an extension of ServerHello',
    Alert.illegal_parameter,
    (hello) => {
      hello.random = HELLO_RETRY_RANDOM;
      hello.extensions = [
        { type: ExtensionType.supported_versions, data: Uint8Array.of(3, 4) },
        { type: ExtensionType.pre_shared_key, data: Uint8Array.of(0, 0) },
      ];
    },
  ],
  [
    'RFC 9846 §4.2.4: a retry with a suite whose hash no PSK has',
    Alert.illegal_parameter,
    (hello) => {
      hello.random = HELLO_RETRY_RANDOM;
      hello.cipherSuite = 0x1302;
      hello.extensions = [
        { type: ExtensionType.supported_versions, data: Uint8Array.of(3, 4) },
        { type: ExtensionType.key_share, data: Uint8Array.of(0, 0x17) },
      ];
    },
  ],
];

for (const [rule, alert, edit] of serverHelloRules) {
  test(`${rule}: ${alert}`, () => {
    assertAlert(() => withServerHello(edit).run(), alert);
  });
}

const encryptedExtensionsRules: readonly (readonly [
  rule: string,
  alert: number,
  edit: (extensions: readonly Extension[]) => readonly Extension[],
])[] = [
  [
    'RFC 9001 §8.1: an ALPN protocol is selected',
    Alert.no_application_protocol,
    (extensions) =>
      replaceExtension(extensions, ExtensionType.application_layer_protocol_negotiation, undefined),
  ],
  [
    'RFC 7301 §3.1: one that was offered',
    Alert.illegal_parameter,
    (extensions) =>
      replaceExtension(
        extensions,
        ExtensionType.application_layer_protocol_negotiation,
        Uint8Array.of(0, 3, 2, 0x68, 0x33),
      ),
  ],
  [
    'RFC 7301 §3.1: and one only',
    Alert.decode_error,
    (extensions) =>
      replaceExtension(
        extensions,
        ExtensionType.application_layer_protocol_negotiation,
        Uint8Array.of(0, 10, 4, 0x74, 0x65, 0x73, 0x74, 4, 0x74, 0x65, 0x73, 0x74),
      ),
  ],
  [
    'RFC 9001 §8.2: quic_transport_parameters are there',
    Alert.missing_extension,
    (extensions) =>
      replaceExtension(extensions, ExtensionType.quic_transport_parameters, undefined),
  ],
  [
    'RFC 9846 §4.3: early_data was not offered',
    Alert.unsupported_extension,
    (extensions) => [...extensions, { type: ExtensionType.early_data, data: new Uint8Array(0) }],
  ],
  [
    'RFC 9846 §4.4.1: key_share does not belong here',
    Alert.illegal_parameter,
    (extensions) => [
      ...extensions,
      { type: ExtensionType.key_share, data: Uint8Array.of(0, 0x1d) },
    ],
  ],
];

for (const [rule, alert, edit] of encryptedExtensionsRules) {
  test(`${rule}: ${alert}`, () => {
    assertAlert(() => withExtensions(edit).run(), alert);
  });
}

test('a flipped bit in the Finished of the server: 51', () => {
  const pair = new Pair();
  pair.fromServer = (data, level) => {
    if (level === 'handshake') data[data.length - 1] = (data.at(-1) as number) ^ 1;
    return data;
  };
  assertAlert(() => pair.run(), Alert.decrypt_error);
});

test('a flipped bit in the Finished of the client: 51, and the server is not complete', () => {
  const pair = new Pair();
  pair.fromClient = (data, level) => {
    if (level === 'handshake') data[data.length - 1] = (data.at(-1) as number) ^ 1;
    return data;
  };
  assertAlert(() => pair.run(), Alert.decrypt_error);
  assert.equal(pair.server.summary, undefined);
  assert.equal(pair.server.secrets['application read'], undefined);
});

for (const type of ['certificate', 'certificate_request', 'certificate_verify'] as const) {
  test(`RFC 9846 §4.5.1: ${type} in a PSK handshake: 10`, () => {
    const pair = new Pair();
    pair.fromServer = (data, level) => {
      if (level !== 'handshake') return data;
      const extensionsLength = 4 + (((data[2] as number) << 8) | (data[3] as number));
      const message = encodeMessage(MessageType[type], (writer) => writer.bytes(utf8('anything')));
      return concatBytes(
        data.subarray(0, extensionsLength),
        message,
        data.subarray(extensionsLength),
      );
    };
    assertAlert(() => pair.run(), Alert.unexpected_message);
  });
}

test('RFC 9846 §4.7.1: NewSessionTicket is ignored; RFC 9001 §6: KeyUpdate is not: 10', () => {
  const pair = new Pair().run();
  const ticket = encodeNewSessionTicket({
    lifetime: 60,
    ageAdd: 1,
    nonce: new Uint8Array(0),
    ticket: utf8('ticket'),
    maxEarlyDataSize: 0,
  });
  pair.client.handshake.receive('application', ticket);
  assert.equal(pair.client.handshake.nextEvent(), undefined);
  const keyUpdate = encodeMessage(MessageType.key_update, (writer) => writer.uint8(0));
  assertAlert(
    () => pair.client.handshake.receive('application', keyUpdate),
    Alert.unexpected_message,
  );
});

test('RFC 9001 §4.4: CertificateRequest after the handshake is a PROTOCOL_VIOLATION', () => {
  const pair = new Pair().run();
  const request = encodeMessage(MessageType.certificate_request, (writer) =>
    writer.uint8(0).uint16(0),
  );
  assert.throws(() => pair.client.handshake.receive('application', request), ProtocolViolation);
});

test('RFC 9001 §8.3: EndOfEarlyData: 10', () => {
  const pair = new Pair();
  pair.fromClient = (data, level) =>
    level === 'handshake' ? Uint8Array.of(MessageType.end_of_early_data, 0, 0, 0) : data;
  assertAlert(() => pair.run(), Alert.unexpected_message);
});

test('a client says nothing behind its Finished: 10', () => {
  const pair = new Pair().run();
  pair.assertComplete();
  const hello = encodeMessage(MessageType.client_hello, (writer) => writer.zeros(50));
  assertAlert(() => pair.server.handshake.receive('application', hello), Alert.unexpected_message);
});

test('RFC 9001 §4.1.3: data behind ServerHello at its level are a PROTOCOL_VIOLATION', () => {
  const pair = new Pair();
  pair.fromServer = (data, level) =>
    level === 'initial' ? concatBytes(data, Uint8Array.of(8)) : data;
  assert.throws(() => pair.run(), ProtocolViolation);
});

test('RFC 9001 §4.1.3: so are new data at a level that was left', () => {
  const pair = new Pair().run();
  pair.assertComplete();
  assert.throws(
    () => pair.client.handshake.receive('initial', Uint8Array.of(2)),
    ProtocolViolation,
  );
  assert.throws(
    () => pair.server.handshake.receive('handshake', Uint8Array.of(20)),
    ProtocolViolation,
  );
});

test('a handshake that failed goes on failing, and gives no more secrets', () => {
  const pair = new Pair({}, {}, { lookup: () => [undefined] });
  assertAlert(() => pair.run(), Alert.decrypt_error);
  assertAlert(
    () => pair.server.handshake.receive('initial', Uint8Array.of(1)),
    Alert.decrypt_error,
  );
  assert.deepEqual(pair.server.secrets, {});
});
