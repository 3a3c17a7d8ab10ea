import assert from 'node:assert/strict';
import test from 'node:test';
import {
  EnvelopeError,
  EnvelopeSplitter,
  encodeMm,
  PayloadType,
  SecurityHeaderType,
} from '@mpquic/nas';
import { concatBytes, fromHex } from '@mpquic/wire';
import fc from 'fast-check';
import { createUe } from './ue-fixture.ts';

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const octets = fc.uint8Array({ maxLength: 60 });

test('any octets instead of NAS messages neither break the UE nor change its state', async () => {
  const { ue, amf } = createUe();
  await ue.register('3gpp');
  amf.script.intercept = () => true;
  await fc.assert(
    fc.asyncProperty(octets, fc.constantFrom(0, 1, 2, 3, 4), async (body, headerType) => {
      const bytes = concatBytes(Uint8Array.of(0x7e, headerType), body);
      amf.last.sendBytes({ type: 'registrationComplete' }, bytes);
      amf.last.sendBytes({ type: 'registrationComplete' }, body);
      await pause();
      assert.equal(ue.registered('3gpp'), true);
      assert.equal(ue.connected('3gpp'), true);
    }),
    { numRuns: 200 },
  );
  ue.dispose();
});

test('genuine protection around any octets is answered or ignored, never an exception', async () => {
  const { ue, amf } = createUe();
  await ue.register('3gpp');
  amf.script.intercept = () => true;
  const types = fc.constantFrom(0x42, 0x44, 0x56, 0x58, 0x5b, 0x5d, 0x64, 0x65, 0x68, 0xff);
  await fc.assert(
    fc.asyncProperty(types, octets, async (type, body) => {
      const plain = concatBytes(Uint8Array.of(0x7e, 0x00, type), body);
      const nas = amf.nas ?? assert.fail('no context');
      const header = SecurityHeaderType.integrityProtectedAndCiphered;
      const { bytes } = nas.protect(plain, header, '3gpp');
      amf.last.sendBytes({ type: 'registrationComplete' }, bytes);
      await pause();
    }),
    { numRuns: 300 },
  );
  assert.equal(ue.registered('3gpp'), true);
  ue.dispose();
});

test('any octets in a CONFIGURATION UPDATE COMMAND; one that asks for a registration gets it', async () => {
  const { ue, amf } = createUe();
  await ue.register('3gpp');
  let registrations = 0;
  amf.script.intercept = (_, { message }) => {
    if (message.type === 'registrationRequest') registrations += 1;
    return false;
  };
  const send = async (body: Uint8Array): Promise<void> => {
    const plain = concatBytes(fromHex('7e0054'), body);
    const nas = amf.nas ?? assert.fail('no context');
    const header = SecurityHeaderType.integrityProtectedAndCiphered;
    const { bytes } = nas.protect(plain, header, '3gpp');
    amf.last.sendBytes({ type: 'registrationComplete' }, bytes);
    await pause();
  };
  await fc.assert(fc.asyncProperty(octets, send), { numRuns: 200 });
  const before = registrations;
  await send(fromHex('d2'));
  for (let i = 0; i < 1_000 && registrations === before; i++) await pause();
  assert.ok(registrations > before);
  assert.equal(ue.registered('3gpp'), true);
  ue.dispose();
});

test('any octets in a DL NAS TRANSPORT, of any payload type', async () => {
  const { ue, amf } = createUe();
  await ue.register('3gpp');
  amf.script.intercept = () => true;
  const payload = fc
    .tuple(fc.constantFrom(0x2e, 0x7e, 0x00), fc.constantFrom(0, 5, 15), octets)
    .map(([discriminator, session, rest]) =>
      concatBytes(Uint8Array.of(discriminator, session, 1), rest),
    );
  await fc.assert(
    fc.asyncProperty(
      payload,
      fc.constantFrom<number>(PayloadType.n1Sm, PayloadType.transparent, PayloadType.policy, 15),
      fc.option(fc.integer({ min: 0, max: 15 }), { nil: undefined }),
      async (content, payloadType, pduSessionId) => {
        const message = {
          type: 'downlinkNasTransport',
          payloadType,
          payload: content,
          ...(pduSessionId === undefined ? {} : { pduSessionId }),
        } as const;
        assert.ok(encodeMm(message).length > 0);
        amf.last.send(message);
        await pause();
        assert.equal(ue.registered('3gpp'), true);
      },
    ),
    { numRuns: 300 },
  );
  ue.dispose();
});

test('a stream that is no sequence of NAS envelopes ends the connection', () => {
  const splitter = new EnvelopeSplitter();
  assert.throws(() => splitter.receive(Uint8Array.of(0, 0, 1)), EnvelopeError);
  assert.throws(() => new EnvelopeSplitter().receive(Uint8Array.of(0xff, 0xff)), EnvelopeError);
});
