import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, fromHex } from '@mpquic/wire';
import fc from 'fast-check';
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  decodeTransportParameters,
  encodeTransportParameters,
  TransportError,
  TransportErrorCode,
  type TransportParameters,
} from '../src/index.ts';

const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const integer = fc.maxSafeNat();
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const port = fc.integer({ min: 1, max: 65535 });
const preferredAddress = fc
  .tuple(
    optional(fc.ipV4()),
    optional(fc.constantFrom('2001:db8::1', '::1', 'fe80::2')),
    port,
    octets(1, 20),
    octets(16, 16),
  )
  .map(([ipv4, ipv6, onPort, connectionId, statelessResetToken]) => ({
    ipv4: ipv4 === undefined ? undefined : { host: ipv4, port: onPort },
    ipv6: ipv6 === undefined ? undefined : { host: ipv6, port: onPort },
    connectionId,
    statelessResetToken,
  }));
const anyParameters: fc.Arbitrary<TransportParameters> = fc.record({
  originalDestinationConnectionId: optional(octets(0, 20)),
  maxIdleTimeout: fc.nat(2 ** 31).map((ms) => ms * 1000),
  statelessResetToken: optional(octets(16, 16)),
  maxUdpPayloadSize: fc.integer({ min: 1200, max: 65527 }),
  initialMaxData: integer,
  initialMaxStreamDataBidiLocal: integer,
  initialMaxStreamDataBidiRemote: integer,
  initialMaxStreamDataUni: integer,
  initialMaxStreamsBidi: integer,
  initialMaxStreamsUni: integer,
  ackDelayExponent: fc.nat(20),
  maxAckDelay: fc.nat(2 ** 14 - 1).map((ms) => ms * 1000),
  disableActiveMigration: fc.boolean(),
  preferredAddress: optional(preferredAddress),
  activeConnectionIdLimit: fc.integer({ min: 2, max: 1000 }),
  initialSourceConnectionId: optional(octets(0, 20)),
  retrySourceConnectionId: optional(octets(0, 20)),
  versionInformation: optional(
    fc
      .array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 5 })
      .map((available) => ({ chosen: available[0] as number, available })),
  ),
  maxDatagramFrameSize: integer,
  initialMaxPathId: optional(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
});

function assertRefused(hex: string, sender: 'client' | 'server' = 'server'): void {
  assert.throws(
    () => decodeTransportParameters(fromHex(hex), sender),
    (error) =>
      error instanceof TransportError &&
      error.code === TransportErrorCode.TRANSPORT_PARAMETER_ERROR,
    hex,
  );
}

test('transport parameters survive their encoding', () => {
  fc.assert(
    fc.property(anyParameters, (parameters) => {
      const bytes = encodeTransportParameters(parameters);
      const read = decodeTransportParameters(bytes, 'server');
      for (const [name, value] of Object.entries(parameters)) {
        assert.deepEqual(read[name as keyof TransportParameters], value, name);
      }
    }),
  );
});

test('any octets are transport parameters or TRANSPORT_PARAMETER_ERROR', () => {
  fc.assert(
    fc.property(octets(0, 60), fc.nat(0x12), fc.nat(20), (tail, id, length) => {
      for (const bytes of [tail, Uint8Array.from([id, length, ...tail])]) {
        try {
          decodeTransportParameters(bytes, 'server');
        } catch (error) {
          assert.ok(error instanceof TransportError);
          assert.equal(error.code, TransportErrorCode.TRANSPORT_PARAMETER_ERROR);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('RFC 9000 §18.2: absent parameters have their defaults, which are not sent', () => {
  assert.deepEqual(
    decodeTransportParameters(new Uint8Array(), 'client'),
    DEFAULT_TRANSPORT_PARAMETERS,
  );
  assert.equal(encodeTransportParameters(DEFAULT_TRANSPORT_PARAMETERS).length, 0);
});

test('RFC 9000 §18.2: values out of range', () => {
  assertRefused('03024400'); // max_udp_payload_size 1024
  assertRefused('0a0115'); // ack_delay_exponent 21
  assertRefused('0b0480004000'); // max_ack_delay 2^14
  assertRefused('0e0101'); // active_connection_id_limit 1
  assertRefused('0808d000000000000001'); // initial_max_streams_bidi above 2^60
  assertRefused('0908d000000000000001');
  assertRefused(`0015${'00'.repeat(21)}`); // a connection ID of 21 octets
  assertRefused(`020f${'00'.repeat(15)}`);
  assertRefused(`0211${'00'.repeat(17)}`);
  assertRefused('0c0100'); // disable_active_migration with a value
  assertRefused('0401'); // cut short
  assertRefused('04020000'); // longer than its integer
  assertRefused('0400'); // empty
  assertRefused('3e08c000000100000000'); // initial_max_path_id 2^32, MP-21 §2.1
  assertRefused('110400000000'); // chosen version 0, RFC 9368 §4
  assertRefused('11080000000100000000');
  assertRefused('11050000000100');
  assertRefused(`0d29${'00'.repeat(41)}`); // preferred address without connection ID
});

test('RFC 9000 §7.4: a parameter that comes twice', () => {
  assertRefused('040105040106');
  assertRefused('7fff007fff00'); // also where it is unknown
});

test('RFC 9000 §18.2: server-only parameters from a client', () => {
  const preferred = `0d2a${'00'.repeat(24)}01aa${'00'.repeat(16)}`;
  for (const hex of ['0000', `0210${'00'.repeat(16)}`, preferred, '1000']) {
    assertRefused(hex, 'client');
    assert.ok(decodeTransportParameters(fromHex(hex), 'server'));
  }
});

test('RFC 9000 §7.4.2: unknown parameters are ignored, thousands of octets of them too', () => {
  const writer = new ByteWriter();
  for (let i = 0; i < 40; i++)
    writer
      .varint(27 + 31 * (i + 100))
      .varint(100)
      .zeros(100);
  writer.varint(4).varint(1).varint(9);
  const parameters = decodeTransportParameters(writer.finish(), 'client');
  assert.deepEqual(parameters, { ...DEFAULT_TRANSPORT_PARAMETERS, initialMaxData: 9 });
});

test('times beyond 2^53 microseconds saturate', () => {
  const read = decodeTransportParameters(fromHex('0108ffffffffffffffff'), 'client');
  assert.equal(read.maxIdleTimeout, Number.MAX_SAFE_INTEGER);
});
