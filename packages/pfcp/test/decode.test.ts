import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { decodePfcp, encodePfcp, PfcpCause, PfcpDecodeError, type PskDelivery } from '@mpquic/pfcp';
import { concatBytes, fromHex, Secret, UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import { PFCP_CORPUS } from './corpus.ts';

const RECOVERY = '00600004e8754700';
const NODE_ID = '003c0005007f000008';

/** A node message of this type with the elements given in hexadecimal. */
function nodeMessage(messageType: number, elements: string): Uint8Array {
  const body = fromHex(elements);
  const header = Uint8Array.of(0x20, messageType, 0, 4 + body.length, 0, 0, 9, 0);
  return concatBytes(header, body);
}

function fault(bytes: Uint8Array): PfcpDecodeError {
  try {
    decodePfcp(bytes);
  } catch (error) {
    assert.ok(error instanceof PfcpDecodeError);
    return error;
  }
  return assert.fail('decoded');
}

test('elements may stand in any order and unknown ones are ignored', () => {
  const unknown = '7fff00020102';
  const foreignVendor = '8001000428af0102';
  const message = decodePfcp(nodeMessage(5, `${unknown}${RECOVERY}${foreignVendor}${NODE_ID}`));
  assert.deepEqual(message, {
    type: 'associationSetupRequest',
    sequenceNumber: 9,
    nodeId: { type: 'ipv4', address: '127.0.0.8' },
    recoveryTimeStamp: 0xe8754700,
  });
});

test('of a repeated element the first counts', () => {
  const message = decodePfcp(nodeMessage(1, `${RECOVERY}0060000400000001`));
  assert.deepEqual(message, {
    type: 'heartbeatRequest',
    sequenceNumber: 9,
    recoveryTimeStamp: 0xe8754700,
  });
});

test('octets behind the message are not its own', () => {
  const message = concatBytes(nodeMessage(1, RECOVERY), Uint8Array.of(1, 2, 3));
  assert.equal(decodePfcp(message).type, 'heartbeatRequest');
});

test('octets behind what an element needs are ignored', () => {
  assert.equal(decodePfcp(nodeMessage(1, '00600006e87547000102')).type, 'heartbeatRequest');
});

test('each fault has its cause and names the element', () => {
  const cases: readonly [string, Uint8Array, number, number][] = [
    ['nothing', nodeMessage(5, ''), PfcpCause.mandatoryIeMissing, 60],
    ['no time stamp', nodeMessage(5, NODE_ID), PfcpCause.mandatoryIeMissing, 96],
    ['short value', nodeMessage(1, '00600003e87547'), PfcpCause.invalidLength, 96],
    ['element past the end', nodeMessage(1, '00600010e8'), PfcpCause.invalidLength, 96],
    ['half an element header', nodeMessage(1, '006000'), PfcpCause.invalidLength, 0],
    [
      'vendor element without vendor',
      nodeMessage(1, '8001000101'),
      PfcpCause.invalidLength,
      0x8001,
    ],
    ['Node ID type 9', nodeMessage(9, '003c000509ffffffff'), PfcpCause.mandatoryIeIncorrect, 60],
    ['empty label', nodeMessage(9, '003c00020200'), PfcpCause.mandatoryIeIncorrect, 60],
  ];
  for (const [name, bytes, cause, offendingIe] of cases) {
    const error = fault(bytes);
    assert.deepEqual([error.cause, error.offendingIe], [cause, offendingIe], name);
    assert.equal(error.header?.sequenceNumber, 9, name);
  }
});

test('a missing element of a group is named, not the group', () => {
  const createPdrWithoutPdi = '0001000e003800020001001d000400000064';
  const cpFSeid = '0039000d02000000000000000100000000';
  const body = fromHex(`${NODE_ID}${cpFSeid}${createPdrWithoutPdi}`);
  const header = Uint8Array.of(0x21, 50, 0, 12 + body.length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0);
  const error = fault(concatBytes(header, body));
  assert.deepEqual([error.cause, error.offendingIe], [PfcpCause.mandatoryIeMissing, 2]);
});

test('a malformed optional element counts as absent', () => {
  const malformedFeatures = '002b0000';
  const message = decodePfcp(nodeMessage(7, `${NODE_ID}${malformedFeatures}`));
  assert.deepEqual(message, {
    type: 'associationUpdateRequest',
    sequenceNumber: 9,
    nodeId: { type: 'ipv4', address: '127.0.0.8' },
    upFunctionFeatures: [],
  });
  const response = nodeMessage(8, `${NODE_ID}00130001010028000101`);
  assert.equal('offendingIe' in decodePfcp(response), false);
});

test('what is no message has neither cause nor header', () => {
  const cases: readonly [string, string][] = [
    ['empty', ''],
    ['cut short', '2001000c'],
    ['length beyond the datagram', '200100ff00000900'],
    ['length below the header', '2001000000000900'],
    ['S flag on a node message', '210100100000000000000001000009000060000400000000'],
    ['no S flag on a session message', '2036000400000900'],
    ['unknown type', '20c8000400000900'],
  ];
  for (const [name, hex] of cases) {
    const error = fault(fromHex(hex));
    assert.deepEqual([error.cause, error.header], [undefined, undefined], name);
  }
});

test('another version is told apart', () => {
  const bytes = nodeMessage(1, RECOVERY);
  bytes[0] = 0x40;
  const error = fault(bytes);
  assert.equal(error.versionNotSupported, true);
  assert.deepEqual(error.header, { messageType: 1, sequenceNumber: 9 });
});

const delivery: PskDelivery = {
  kid: Uint8Array.of(0xaa),
  psk: new Secret(fromHex('5ec4e75ec4e75ec4e75ec4e75ec4e75e')),
  flags: { operation: 'add', keepOldUntilUsed: false },
};

test('a decoded message shows no key', () => {
  const bytes = encodePfcp({
    type: 'sessionModificationRequest',
    sequenceNumber: 1,
    seid: 1n,
    pskDeliveries: [delivery],
  });
  const message = decodePfcp(bytes);
  assert.ok(message.type === 'sessionModificationRequest');
  const shown = `${JSON.stringify(message.pskDeliveries)}${inspect(message, { depth: 9 })}`;
  assert.match(shown, /16 secret octets/);
  assert.doesNotMatch(shown, /5e|94|196/);
  const [received] = message.pskDeliveries ?? [];
  bytes.fill(0);
  assert.deepEqual(received?.psk?.reveal(), delivery.psk?.reveal(), 'the key is a copy');
  assert.deepEqual(received?.kid, delivery.kid, 'and so is the KID');
});

test('a delivery with an impossible operation, an empty key or an unknown hash is refused', () => {
  const kid = '800200037ed9aa';
  const add = '800800037ed902';
  for (const [elements, offendingIe] of [
    [`${kid}800800037ed906`, 0x8008],
    [`${kid}800800037ed900`, 0x8008],
    [`${kid}${add}800300027ed9`, 0x8003],
    [`${kid}${add}800500037ed909`, 0x8005],
    [`${kid}${add}800400037ed900`, 0x8004],
    [add, 0x8002],
    [kid, 0x8008],
  ] as const) {
    const group = fromHex(`7ed9${elements}`);
    const body = concatBytes(Uint8Array.of(0x80, 0x01, 0, group.length), group);
    const header = Uint8Array.of(0x21, 52, 0, 12 + body.length, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 9, 0);
    assert.equal(fault(concatBytes(header, body)).offendingIe, offendingIe, elements);
  }
});

test("a SEID where none belongs is the caller's mistake", () => {
  const message = { type: 'heartbeatRequest', sequenceNumber: 1, recoveryTimeStamp: 0, seid: 1n };
  assert.throws(() => encodePfcp(message as never), UsageError);
});

function decodesOrFails(bytes: Uint8Array): void {
  try {
    const message = decodePfcp(bytes);
    const again = decodePfcp(encodePfcp(message));
    assert.deepEqual(again, message);
  } catch (error) {
    assert.ok(error instanceof PfcpDecodeError, String(error));
  }
}

test('any octets decode or fail as declared', () => {
  const types = fc.constantFrom(...PFCP_CORPUS.map((message) => encodePfcp(message)[1] as number));
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 64 }), fc.boolean(), (type, rest, framed) => {
      const header = Uint8Array.of(type >= 50 ? 0x21 : 0x20, type, 0, rest.length);
      decodesOrFails(framed ? concatBytes(header, rest) : rest);
    }),
    { numRuns: 500 },
  );
});

test('any change of a message decodes or fails as declared', () => {
  const messages = PFCP_CORPUS.map(encodePfcp);
  const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
  fc.assert(
    fc.property(
      fc.constantFrom(...messages),
      fc.array(change, { maxLength: 4 }),
      (whole, changes) => {
        const bytes = whole.slice();
        for (const { at, value } of changes) bytes[at % bytes.length] = value;
        decodesOrFails(bytes);
      },
    ),
    { numRuns: 1000 },
  );
});

test('every cut of every message fails as declared', () => {
  for (const whole of PFCP_CORPUS.map(encodePfcp)) {
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => decodePfcp(whole.subarray(0, length)), PfcpDecodeError);
    }
  }
});
