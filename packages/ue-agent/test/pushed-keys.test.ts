import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { deriveSolution, findSolution } from '@mpquic/keys';
import { decodeSm, PayloadType, PskContainerId, pskContainer } from '@mpquic/nas';
import { fromHex, Secret } from '@mpquic/wire';
import { PLMN } from './scripted-amf.ts';
import { playSmf, registered, smfAnswer } from './scripted-smf.ts';
import { createUe, isFailure, until } from './ue-fixture.ts';

const RAND = fromHex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf');

for (const variant of ['push-key', 'push-rand']) {
  test(`solution 6 ${variant}: the key comes from the AMF, and a second one replaces it`, async () => {
    const { ue, amf } = createUe();
    await registered(ue);
    playSmf(amf, { indication: { solution: '6', variant } });
    const session = await ue.establishSession(5, '3gpp');
    const expect = (rand: Uint8Array) =>
      deriveSolution(nodeCryptoProvider, findSolution('6'), variant, {
        keys: { K_AMF: amf.kAmf as Uint8Array },
        rand,
      });
    const push = (generation: number, rand: Uint8Array): void => {
      const expected = expect(rand);
      const { content } = pskContainer(PskContainerId.keyDelivery, {
        plmn: PLMN,
        generation,
        kid: expected.kid,
        ...(variant === 'push-key' ? { psk: new Secret(expected.psk) } : { random: rand }),
      });
      amf.channels[0]?.send({
        type: 'downlinkNasTransport',
        payloadType: PayloadType.transparent,
        payload: content,
        pduSessionId: 5,
      });
    };
    const derived = ue.derivePsk(session);
    push(1, RAND);
    const first = await derived;
    const expected = expect(RAND);
    assert.deepEqual(first.key, expected.psk);
    assert.deepEqual(first.kid, expected.kid);
    let changed = 0;
    ue.onPskChanged = () => {
      changed += 1;
    };
    push(1, RAND);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(changed, 0, 'the same key again changes nothing');
    const second = RAND.map((octet) => octet ^ 1);
    push(2, second);
    await until(() => changed === 1);
    assert.equal(changed, 1);
    assert.ok(
      first.key.every((octet) => octet === 0),
      'the first key is wiped',
    );
    assert.deepEqual(session.psk?.key, expect(second).psk);
    ue.dispose();
  });
}

test('solution 6: a modification that asks for a key which the UE cannot make leaves it as it is', async () => {
  const { ue, amf } = createUe();
  await registered(ue);
  playSmf(amf, { indication: { solution: '6' } });
  const session = await ue.establishSession(5, '3gpp');
  const derived = ue.derivePsk(session);
  const kid = new Uint8Array(16).fill(6);
  const key = new Uint8Array(32).fill(7);
  const { content } = pskContainer(PskContainerId.keyDelivery, {
    plmn: PLMN,
    generation: 1,
    kid,
    psk: new Secret(key.slice()),
  });
  amf.channels[0]?.send({
    type: 'downlinkNasTransport',
    payloadType: PayloadType.transparent,
    payload: content,
    pduSessionId: 5,
  });
  await derived;
  // FF02 without the random number or the key that the solution needs.
  for (const variant of ['push-key', 'push-rand', 'nonsense']) {
    amf.channels[0]?.sendSm({
      type: 'modificationCommand',
      pduSessionId: 5,
      procedureTransactionId: 0,
      configuration: [
        pskContainer(PskContainerId.indication, {
          plmn: PLMN,
          usingPsk: true,
          solution: '6',
          variant,
        }),
      ],
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(session.psk?.key, key);
    assert.equal(ue.connected('3gpp'), true);
  }
  ue.dispose();
});

test('a key that comes right behind the Accept, in one piece with it, is kept for the session', async () => {
  const { ue, amf } = createUe({ guardMs: 1_000 });
  await registered(ue);
  const kid = fromHex('0102');
  amf.script.intercept = (channel, { message }) => {
    if (message.type !== 'uplinkNasTransport') return false;
    const request = decodeSm(message.payload);
    const answer = smfAnswer(request, { indication: { solution: '6' } });
    if (answer === undefined) return true;
    channel.sendSm(answer);
    const psk = new Secret(new Uint8Array(32).fill(9));
    const { content } = pskContainer(PskContainerId.keyDelivery, { plmn: PLMN, kid, psk });
    channel.send({
      type: 'downlinkNasTransport',
      payloadType: PayloadType.transparent,
      payload: content,
      pduSessionId: request.pduSessionId,
    });
    return true;
  };
  const together = new Promise<void>((resolve) => amf.deliverTogether(resolve));
  const session = await ue.establishSession(5, '3gpp');
  await together;
  assert.deepEqual((await ue.derivePsk(session)).kid, kid);
  ue.dispose();
});

test('a network that pushes no key is not waited for without end', async () => {
  const { ue, amf } = createUe({ guardMs: 500 });
  await registered(ue);
  playSmf(amf, { indication: { solution: '6' } });
  const session = await ue.establishSession(5, '3gpp');
  await assert.rejects(ue.derivePsk(session), (error) => isFailure(error, 'no_psk'));
  ue.dispose();
});
