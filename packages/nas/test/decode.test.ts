import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  decodeMm,
  decodeSm,
  encodeMm,
  encodeSm,
  findPskParameters,
  MmCause,
  NasDecodeError,
  nullSchemeOutput,
  PskContainerId,
  SmCause,
} from '@mpquic/nas';
import { concatBytes, fromHex, UsageError } from '@mpquic/wire';
import fc from 'fast-check';
import { carriedUp, MM_CORPUS, SM_CORPUS } from './corpus.ts';

const MM_BYTES = [...MM_CORPUS.map(encodeMm), encodeMm(carriedUp(Uint8Array.of(1)))];
const SM_BYTES = SM_CORPUS.map(encodeSm);

function fault(decode: () => unknown): NasDecodeError {
  try {
    decode();
  } catch (error) {
    assert.ok(error instanceof NasDecodeError, String(error));
    return error;
  }
  return assert.fail('decoded');
}

const SERVICE_ACCEPT = '7e004e';
const accept = { type: 'serviceAccept', pduSessionStatus: 0x20 } as const;

test('an unknown optional element of any format is skipped', () => {
  for (const unknown of ['95', '3f03010203', '7a0004ffffffff', '800000']) {
    const skipped = unknown === '800000' ? '80' : unknown;
    assert.deepEqual(decodeMm(fromHex(`${SERVICE_ACCEPT}${skipped}50022000`)), accept);
  }
});

test('of a repeated element the first counts', () => {
  assert.deepEqual(decodeMm(fromHex(`${SERVICE_ACCEPT}5002200050020000`)), accept);
});

test('a malformed optional element counts as absent', () => {
  assert.deepEqual(decodeMm(fromHex(`${SERVICE_ACCEPT}50022000260101`)), accept);
  assert.deepEqual(decodeMm(fromHex(`${SERVICE_ACCEPT}5002200026090000`)), accept, 'cut short');
});

test('an element is read where later releases appended to it', () => {
  assert.deepEqual(decodeMm(fromHex(`${SERVICE_ACCEPT}500420000000`)), accept);
});

test('an unknown element that must be understood makes the message invalid', () => {
  const error = fault(() => decodeMm(fromHex(`${SERVICE_ACCEPT}0a0100`)));
  assert.equal(error.cause, MmCause.invalidMandatoryInformation);
});

test('a broken mandatory part has cause 96, an unknown type 97', () => {
  const mm: readonly [string, number][] = [
    ['7e0041', MmCause.invalidMandatoryInformation],
    ['7e004171', MmCause.invalidMandatoryInformation],
    ['7e0041710002f1', MmCause.invalidMandatoryInformation],
    ['7e004171000107', MmCause.invalidMandatoryInformation],
    ['7e004171000501aaf110f0', MmCause.invalidMandatoryInformation],
    ['7e00560102', MmCause.invalidMandatoryInformation],
    ['7e00560100', MmCause.invalidMandatoryInformation],
    ['7e0099', MmCause.messageTypeNonExistent],
  ];
  for (const [hex, cause] of mm) {
    const error = fault(() => decodeMm(fromHex(hex)));
    assert.equal(error.cause, cause, hex);
    assert.equal(error.undecoded.discriminator, 0x7e);
  }
  const sm: readonly [string, number][] = [
    ['2e0501c1ff', SmCause.invalidMandatoryInformation],
    ['2e0501c211', SmCause.invalidMandatoryInformation],
    ['2e0501c2110003010000', SmCause.invalidMandatoryInformation],
    ['2e050199', SmCause.messageTypeNonExistent],
  ];
  for (const [hex, cause] of sm) {
    const { cause: found, undecoded } = fault(() => decodeSm(fromHex(hex)));
    assert.equal(found, cause, hex);
    assert.deepEqual([undecoded.pduSessionId, undecoded.procedureTransactionId], [5, 1]);
  }
});

test('what is too short, protected or of another protocol is discarded', () => {
  for (const hex of ['', '7e', '7e00', '2e0043', '7e024300000000', '010043']) {
    assert.equal(fault(() => decodeMm(fromHex(hex))).cause, undefined, hex);
  }
  for (const hex of ['', '2e0501', '7e0501c1ffff']) {
    assert.equal(fault(() => decodeSm(fromHex(hex))).cause, undefined, hex);
  }
});

test('a PSK container that is malformed counts as absent', () => {
  const identifier = PskContainerId.indication;
  const find = (hex: string) =>
    findPskParameters([{ identifier, content: fromHex(hex) }], identifier);
  assert.deepEqual(find('00f110030104'), { plmn: { mcc: '001', mnc: '01' }, solution: '4' });
  assert.deepEqual(find('00f110ee0101'), { plmn: { mcc: '001', mnc: '01' } }, 'unknown tag');
  for (const hex of ['', '00f1', '00faff', '00f110030109', '00f1100302', '00f1100300']) {
    assert.equal(find(hex), undefined, hex);
  }
  assert.equal(findPskParameters([], identifier), undefined);
  assert.equal(findPskParameters(undefined, identifier), undefined);
});

test('a delivered key shows nowhere', () => {
  const identifier = PskContainerId.keyDelivery;
  const content = fromHex('00f1100b105ec4e75ec4e75ec4e75ec4e75ec4e75e');
  const found = findPskParameters([{ identifier, content }], identifier);
  assert.equal(found?.psk?.length, 16);
  const shown = `${JSON.stringify(found)}${inspect(found, { depth: 9 })}`;
  assert.doesNotMatch(shown, /5ec4|"94|94,/);
});

function decodesOrFails<M>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => M,
  encode: (message: M) => Uint8Array,
): void {
  let message: M;
  try {
    message = decode(bytes);
  } catch (error) {
    assert.ok(error instanceof NasDecodeError, String(error));
    return;
  }
  assert.deepEqual(decode(encode(message)), message);
}

test('any octets decode or fail as declared', () => {
  const mm = fc.constantFrom(...MM_BYTES.map((bytes) => bytes[2] as number));
  const sm = fc.constantFrom(...SM_BYTES.map((bytes) => bytes[3] as number));
  const rest = fc.uint8Array({ maxLength: 48 });
  fc.assert(
    fc.property(mm, sm, rest, (mmType, smType, octets) => {
      decodesOrFails(concatBytes(Uint8Array.of(0x7e, 0, mmType), octets), decodeMm, encodeMm);
      decodesOrFails(concatBytes(Uint8Array.of(0x2e, 1, 1, smType), octets), decodeSm, encodeSm);
      decodesOrFails(octets, decodeMm, encodeMm);
      decodesOrFails(octets, decodeSm, encodeSm);
    }),
    { numRuns: 500 },
  );
});

test('any change of a message decodes or fails as declared', () => {
  const changes = fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { maxLength: 4 });
  const changed = (whole: Uint8Array, list: readonly { at: number; value: number }[]) => {
    const bytes = whole.slice();
    for (const { at, value } of list) bytes[at % bytes.length] = value;
    return bytes;
  };
  fc.assert(
    fc.property(
      fc.constantFrom(...MM_BYTES),
      fc.constantFrom(...SM_BYTES),
      changes,
      (mm, sm, list) => {
        decodesOrFails(changed(mm, list), decodeMm, encodeMm);
        decodesOrFails(changed(sm, list), decodeSm, encodeSm);
      },
    ),
    { numRuns: 1000 },
  );
});

test('every cut of every message decodes or fails as declared', () => {
  for (const whole of MM_BYTES) {
    for (let length = 0; length < whole.length; length++) {
      decodesOrFails(whole.subarray(0, length), decodeMm, encodeMm);
    }
  }
  for (const whole of SM_BYTES) {
    for (let length = 0; length < whole.length; length++) {
      decodesOrFails(whole.subarray(0, length), decodeSm, encodeSm);
    }
  }
});

test("a PLMN or MSIN that is not of digits is the caller's mistake", () => {
  const request = (mcc: string, digits: string) => () =>
    encodeMm({
      type: 'identityResponse',
      identity: {
        type: 'suci',
        plmn: { mcc, mnc: '01' },
        routingIndicator: '0',
        protectionScheme: 0,
        homeNetworkPublicKeyId: 0,
        schemeOutput: nullSchemeOutput(digits),
      },
    });
  assert.ok(request('001', '0123456789')());
  assert.throws(request('01', '0123456789'), UsageError);
  assert.throws(request('001', '01234x'), UsageError);
});
