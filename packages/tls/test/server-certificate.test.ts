/** Handshakes by the server's certificate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insecureVerifier, type SignatureScheme } from '@mpquic/crypto';
import { ByteReader, concatBytes, toHex, UsageError, utf8 } from '@mpquic/wire';
import {
  Alert,
  type ClientHandshakeParameters,
  createClientHandshake,
  InMemoryPskStore,
  type ServerHandshakeParameters,
} from '../src/index.ts';
import { encodeCertificate } from '../src/messages/certificate.ts';
import { encodeCertificateVerify } from '../src/messages/certificate-verify.ts';
import { ExtensionType } from '../src/messages/extensions.ts';
import { encodeMessage, MessageType } from '../src/messages/message.ts';
import { serverCertificate, testTrust } from './certificates.ts';
import { editClientHello, replaceExtension, writeExtensions } from './hello-editor.ts';
import { assertAlert, clientParameters, Pair, testPsk } from './pair.ts';

function certificatePair(
  client: Partial<ClientHandshakeParameters> = {},
  server: Partial<ServerHandshakeParameters> = {},
): Pair {
  return new Pair(
    { psks: [], trust: testTrust, serverName: 'upf.example', ...client },
    { certificate: serverCertificate(), ...server },
  );
}

for (const name of ['leaf-p256', 'leaf-p384', 'leaf-ed25519', 'leaf-rsa2048']) {
  test(`${name}: a handshake, with and without a retry`, () => {
    for (const groups of [['x25519'], ['secp384r1', 'x25519']] as const) {
      const certificate = serverCertificate(name);
      const pair = certificatePair({ groups }, { certificate, groups: ['x25519'] }).run();
      pair.assertComplete();
      assert.equal(pair.client.summary?.psk, undefined);
      assert.equal(pair.client.summary?.resumed, false);
      assert.equal(
        toHex(pair.client.summary?.certificate as Uint8Array),
        toHex(certificate.chain[0] as Uint8Array),
      );
      assert.ok(!pair.server.events.some((event) => event.type === 'psk_lookup'));
    }
  });
}

for (const [why, alert, client, server] of [
  ['another name', Alert.certificate_unknown, { serverName: 'other.example' }, {}],
  ['no name', Alert.certificate_unknown, { serverName: undefined }, {}],
  ['no trust anchor', Alert.unknown_ca, {}, { certificate: selfSigned() }],
  [
    'a certificate for clients',
    Alert.unsupported_certificate,
    {},
    { certificate: serverCertificate('leaf-client') },
  ],
] as const) {
  test(`a client refuses ${why}: ${alert}`, () => {
    assertAlert(() => certificatePair(client as never, server).run(), alert);
  });
}

function selfSigned(): ReturnType<typeof serverCertificate> {
  return serverCertificate('self');
}

test('without verification any certificate will do, but its key must sign', () => {
  const certificate = selfSigned();
  certificatePair({ trust: insecureVerifier }, { certificate }).run().assertComplete();
  const stolen = { chain: serverCertificate('leaf-p384').chain, key: certificate.key };
  assertAlert(
    () => certificatePair({ trust: insecureVerifier }, { certificate: stolen }).run(),
    Alert.decrypt_error,
  );
});

/** The messages of the server's flight at the handshake level. */
function splitFlight(flight: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(flight);
  const messages: Uint8Array[] = [];
  while (reader.remaining > 0) {
    const start = reader.offset;
    reader.skip(1);
    reader.skip(reader.uint24());
    messages.push(flight.subarray(start, reader.offset));
  }
  return messages;
}

/** Replaces a message of the flight EncryptedExtensions, Certificate, CertificateVerify, Finished. */
function withMessage(index: number, replacement: readonly Uint8Array[]): Pair {
  const pair = certificatePair();
  pair.fromServer = (data, level) => {
    if (level !== 'handshake') return data;
    const messages = splitFlight(data);
    messages.splice(index, 1, ...replacement);
    return concatBytes(...messages);
  };
  return pair;
}

const verify = (scheme: number): Uint8Array =>
  encodeCertificateVerify({ scheme, signature: new Uint8Array(70) });

for (const [rule, alert, index, replacement] of [
  ['RFC 9846 §4.5.1.3: an empty chain', Alert.decode_error, 1, [encodeCertificate([])]],
  [
    'RFC 9846 §4.5.1: a request context',
    Alert.illegal_parameter,
    1,
    [encodeMessage(MessageType.certificate, (w) => w.uint8(1).uint8(7).uint24(0))],
  ],
  [
    'a certificate that cannot be read',
    Alert.bad_certificate,
    1,
    [encodeCertificate([utf8('no certificate')])],
  ],
  [
    'RFC 9846 §4.5.1: an extension that was not offered',
    Alert.illegal_parameter,
    1,
    [
      encodeMessage(MessageType.certificate, (writer) =>
        writer.uint8(0).vector(3, (list) => {
          list.vector(3, (content) => content.uint8(1));
          writeExtensions(list, [
            { type: ExtensionType.supported_versions, data: new Uint8Array(0) },
          ]);
        }),
      ),
    ],
  ],
  ['RFC 9846 §4.5.2: no CertificateVerify', Alert.unexpected_message, 2, []],
  ['no Certificate', Alert.unexpected_message, 1, []],
  ['RFC 9846 §4.5.2: a scheme of PKCS #1 v1.5', Alert.illegal_parameter, 2, [verify(0x0401)]],
  ['a scheme that the key does not have', Alert.decrypt_error, 2, [verify(0x0804)]],
  ['a wrong signature', Alert.decrypt_error, 2, [verify(0x0403)]],
  [
    'RFC 9846 §4.4.2: a CertificateRequest without signature_algorithms',
    Alert.missing_extension,
    1,
    [encodeMessage(MessageType.certificate_request, (w) => w.uint8(0).uint16(0))],
  ],
] as const) {
  test(`${rule}: ${alert}`, () => {
    assertAlert(() => withMessage(index, replacement).run(), alert);
  });
}

test('RFC 9846 §4.4.2: a client without a certificate says so', () => {
  const pair = certificatePair();
  pair.client.handshake.start();
  const hello = pair.client.drain()[0]?.data as Uint8Array;
  pair.server.handshake.receive('initial', hello);
  const [serverHello, flight] = pair.server.drain();
  pair.client.handshake.receive('initial', serverHello?.data as Uint8Array);
  const [extensions] = splitFlight(flight?.data as Uint8Array);
  const request = encodeMessage(MessageType.certificate_request, (writer) => {
    writer.uint8(0);
    writeExtensions(writer, [
      { type: ExtensionType.signature_algorithms, data: Uint8Array.of(0, 2, 4, 3) },
    ]);
  });
  pair.client.handshake.receive('handshake', concatBytes(extensions as Uint8Array, request));
  // A second one does not belong there.
  assertAlert(() => pair.client.handshake.receive('handshake', request), Alert.unexpected_message);
});

test('a server whose key has no scheme that the client offers: 40', () => {
  const pair = certificatePair();
  pair.fromClient = (data) =>
    editClientHello(data, (hello) => {
      hello.extensions = replaceExtension(
        hello.extensions,
        ExtensionType.signature_algorithms,
        Uint8Array.of(0, 2, 8, 4),
      );
    });
  assertAlert(() => pair.run(), Alert.handshake_failure);
});

test('RFC 9846 §9.2: signature_algorithms are missing: 109', () => {
  const pair = certificatePair();
  pair.fromClient = (data) =>
    editClientHello(data, (hello) => {
      hello.extensions = replaceExtension(
        hello.extensions,
        ExtensionType.signature_algorithms,
        undefined,
      );
    });
  assertAlert(() => pair.run(), Alert.missing_extension);
});

test('the schemes are offered in the order of preference', () => {
  const seen: SignatureScheme[] = [];
  const { chain, key } = serverCertificate('leaf-rsa2048');
  const certificate = {
    chain,
    key: {
      schemes: key.schemes,
      sign(scheme: SignatureScheme, content: Uint8Array): Uint8Array {
        seen.push(scheme);
        return key.sign(scheme, content);
      },
    },
  };
  certificatePair({}, { certificate }).run().assertComplete();
  assert.deepEqual(seen, ['rsa_pss_rsae_sha256']);
});

// --- PSK and certificate on one server ---

const psks = new InMemoryPskStore([testPsk()]);

test('one server takes clients with a PSK and clients without', () => {
  const server = { certificate: serverCertificate() };
  const withPsk = new Pair({}, server, psks).run();
  withPsk.assertComplete();
  assert.equal(withPsk.server.summary?.psk?.mode, 'raw');
  certificatePair({}, server).run().assertComplete();
});

test('a client with a PSK does not take a certificate instead: 109', () => {
  const other = testPsk({ identity: utf8('ue-2') });
  for (const trust of [{}, { trust: testTrust, serverName: 'upf.example' }]) {
    const pair = new Pair({ psks: [other], ...trust }, { certificate: serverCertificate() }, psks);
    assertAlert(() => pair.run(), Alert.missing_extension);
  }
});

test('a known PSK with a wrong binder is refused, certificate or not: 51', () => {
  const wrong = testPsk({ key: new Uint8Array(32).fill(9) });
  const pair = new Pair({ psks: [wrong] }, { certificate: serverCertificate() }, psks);
  assertAlert(() => pair.run(), Alert.decrypt_error);
});

test('where a PSK is required, nothing else will do', () => {
  const server = { certificate: serverCertificate(), requirePsk: true };
  assertAlert(() => certificatePair({}, server).run(), Alert.handshake_failure);
  const unknown = new Pair({ psks: [testPsk({ identity: utf8('ue-2') })] }, server, psks);
  assertAlert(() => unknown.run(), Alert.decrypt_error);
  new Pair({}, server, psks).run().assertComplete();
});

test('a client needs a PSK or someone to trust, a server a chain', () => {
  assert.throws(() => createClientHandshake(clientParameters({ psks: [] })), UsageError);
  const { key } = serverCertificate();
  assert.throws(() => new Pair({}, { certificate: { chain: [], key } }), UsageError);
});
