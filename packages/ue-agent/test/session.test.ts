import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { deriveSolution, findSolution, solutions } from '@mpquic/keys';
import {
  decodeSm,
  findPskParameters,
  MmCause,
  PayloadType,
  PskContainerId,
  SmCause,
  type SmMessage,
  type SolutionId,
} from '@mpquic/nas';
import { equalBytes, fromHex } from '@mpquic/wire';
import { proxyFor } from '../src/index.ts';
import { IMSI } from './scripted-amf.ts';
import { playSmf, registered, UE_IP, UPF } from './scripted-smf.ts';
import { createUe, isFailure, until } from './ue-fixture.ts';

const SMF = '4947a69a-f61b-4bc1-b9da-47c9c5d14b64';

for (const solution of solutions.filter(({ id }) => id !== '6' && id !== 'Y')) {
  for (const variant of solution.variants) {
    test(`solution ${solution.id} ${variant.name}: the UE derives the network's PSK`, async () => {
      const { ue, amf, events } = createUe();
      await registered(ue);
      const id = solution.id as SolutionId;
      const seen = playSmf(amf, {
        indication: { solution: id, variant: variant.name, upfId: UPF, smfInstanceId: SMF },
      });
      const session = await ue.establishSession(5, '3gpp');
      const { key, kid } = await ue.derivePsk(session);
      const kGnb = events.events.find((event) => event.type === 'key' && event.name === 'K_gNB');
      const expected = deriveSolution(nodeCryptoProvider, solution, variant.name, {
        keys: {
          K_AMF: amf.kAmf as Uint8Array,
          K_SEAF: amf.kSeaf as Uint8Array,
          ...(kGnb?.type === 'key' ? { K_gNB: kGnb.value } : {}),
        },
        supi: IMSI,
        pduSessionId: 5,
        ulNasCount: seen.count,
        accessType: 1,
        upfId: UPF,
        smfInstanceId: SMF,
        ueIp: UE_IP,
      });
      assert.deepEqual(key, expected.psk);
      assert.deepEqual(kid, expected.kid);
      ue.dispose();
      assert.ok(key.every((octet) => octet === 0));
    });
  }
}

test('the request offers MPQUIC and tells which solutions the UE can run', async () => {
  const { ue, amf } = createUe();
  await registered(ue);
  const seen = playSmf(amf, { indication: { solution: '4' } });
  const session = await ue.establishSession(5, 'non-3gpp');
  assert.equal(seen.request?.capability?.mpquicUdp, true);
  const offered = findPskParameters(seen.request?.configuration, PskContainerId.capability);
  assert.deepEqual(offered?.solutions, ['1', '2', '3', '4', '5', '6', 'Y']);
  assert.deepEqual(proxyFor(session, '3gpp'), { host: '127.0.0.21', port: 4433 });
  assert.deepEqual(proxyFor(session, 'non-3gpp'), { host: '127.0.0.22', port: 4433 });
  assert.deepEqual(session.linkAddresses, { '3gpp': '10.61.0.1', 'non-3gpp': '10.62.0.1' });
  ue.dispose();
});

test('stored and current COUNT differ once the UE has sent another message', async () => {
  const derive = async (countRule: 'stored' | 'current'): Promise<boolean> => {
    const { ue, amf } = createUe({ psk: { countRule } });
    await registered(ue);
    const seen = playSmf(amf, { indication: { solution: '4' } });
    const session = await ue.establishSession(5, '3gpp');
    amf.last.send({ type: 'configurationUpdateCommand', indication: 1 });
    amf.channels[0]?.send({ type: 'configurationUpdateCommand', indication: 1 });
    await new Promise((resolve) => setTimeout(resolve, 10));
    const { key } = await ue.derivePsk(session);
    const stored = deriveSolution(nodeCryptoProvider, findSolution('4'), undefined, {
      keys: { K_AMF: amf.kAmf as Uint8Array },
      supi: IMSI,
      pduSessionId: 5,
      ulNasCount: seen.count,
    });
    const same = equalBytes(key, stored.psk);
    ue.dispose();
    return same;
  };
  assert.equal(await derive('stored'), true);
  assert.equal(await derive('current'), false);
});

test('a provisioned PSK is used where the network indicates none', async () => {
  const provisioned = [
    { variant: 'per-ue', kid: fromHex('aa01'), key: new Uint8Array(32).fill(7) },
    {
      variant: 'per-ue-per-upf',
      kid: fromHex('aa02'),
      key: new Uint8Array(32).fill(8),
      upfId: UPF,
    },
  ];
  const { ue, amf } = createUe({ psk: { provisioned } });
  await registered(ue);
  playSmf(amf, {});
  const psk = await ue.derivePsk(await ue.establishSession(5, '3gpp'));
  assert.equal(psk.solution, 'Y');
  assert.deepEqual(psk.kid, fromHex('aa01'));
  playSmf(amf, { indication: { solution: 'Y', variant: 'per-ue-per-upf', upfId: UPF } });
  const bound = await ue.derivePsk(await ue.establishSession(6, '3gpp'));
  assert.deepEqual(bound.kid, fromHex('aa02'));
  ue.dispose();
});

test('without a PSK the UE goes no further: no certificate instead', async () => {
  const { ue, amf } = createUe({ psk: { solutions: ['4'] } });
  await registered(ue);
  playSmf(amf, {});
  const plain = await ue.establishSession(5, '3gpp');
  await assert.rejects(ue.derivePsk(plain), (error) => isFailure(error, 'no_psk'));
  playSmf(amf, { indication: { solution: '5' } });
  const other = await ue.establishSession(6, '3gpp');
  await assert.rejects(ue.derivePsk(other), (error) => isFailure(error, 'no_psk'));
  playSmf(amf, { indication: { solution: '4', variant: 'nonsense' } });
  ue.dispose();
});

test('solution 1 from K_gNB starts from K_N3IWF over non-3GPP access, and from nothing when idle', async () => {
  const { ue, amf, events } = createUe();
  await registered(ue);
  const seen = playSmf(amf, { indication: { solution: '1', variant: 'k-gnb' } });
  const session = await ue.establishSession(5, 'non-3gpp');
  const { key } = await ue.derivePsk(session);
  const root = events.events.find((event) => event.type === 'key' && event.name === 'K_N3IWF');
  const expected = deriveSolution(nodeCryptoProvider, findSolution('1'), 'k-gnb', {
    keys: { K_gNB: root?.type === 'key' ? root.value : new Uint8Array() },
    pduSessionId: 5,
    ulNasCount: seen.count,
  });
  assert.deepEqual(key, expected.psk);
  ue.goIdle('non-3gpp');
  await assert.rejects(ue.derivePsk(session), /needs the root key K_gNB/);
  ue.dispose();
});

test('refusals of a session reach the caller with their cause', async () => {
  const { ue, amf } = createUe({ guardMs: 300 });
  await registered(ue);
  playSmf(amf, { reject: SmCause.serviceOptionNotSubscribed });
  await assert.rejects(ue.establishSession(5, '3gpp'), /serviceOptionNotSubscribed/);
  playSmf(amf, { indication: { solution: '4' }, withoutProxy: true });
  await assert.rejects(ue.establishSession(5, '3gpp'), (error) => isFailure(error, 'protocol'));
  amf.script.intercept = (channel, { message }) => {
    if (message.type !== 'uplinkNasTransport') return false;
    channel.send({
      type: 'downlinkNasTransport',
      payloadType: PayloadType.n1Sm,
      payload: message.payload,
      pduSessionId: 5,
      cause: MmCause.payloadWasNotForwarded,
    });
    return true;
  };
  await assert.rejects(ue.establishSession(5, '3gpp'), /payloadWasNotForwarded/);
  amf.script.intercept = (_, { message }) => message.type === 'uplinkNasTransport';
  await assert.rejects(ue.establishSession(5, '3gpp'), (error) => isFailure(error, 'no_answer'));
  ue.dispose();
});

test('release wipes the PSK and tells the network that it is done', async () => {
  const { ue, amf } = createUe();
  await registered(ue);
  playSmf(amf, { indication: { solution: '4' } });
  const session = await ue.establishSession(5, '3gpp');
  const { key } = await ue.derivePsk(session);
  await ue.releaseSession(session);
  assert.ok(key.every((octet) => octet === 0));
  const last = amf.channels[0]?.received.at(-1)?.message;
  assert.ok(last?.type === 'uplinkNasTransport');
  assert.equal(decodeSm(last.payload).type, 'releaseComplete');
  const again = await ue.establishSession(5, '3gpp');
  assert.notDeepEqual(again.ulNasCount, session.ulNasCount);
  ue.dispose();
});

test('malformed 5GSM messages are answered with 5GSM STATUS', async () => {
  const { ue, amf } = createUe();
  await registered(ue);
  amf.channels[0]?.send({
    type: 'downlinkNasTransport',
    payloadType: PayloadType.n1Sm,
    payload: fromHex('2e05019900'),
    pduSessionId: 5,
  });
  await until(() => amf.channels[0]?.received.at(-1)?.message.type === 'uplinkNasTransport');
  const last = amf.channels[0]?.received.at(-1)?.message;
  assert.ok(last?.type === 'uplinkNasTransport');
  assert.equal(decodeSm(last.payload).type, 'smStatus');
  ue.dispose();
});

test('solution 1: with the Service Request the session gets a new PSK', async () => {
  const { ue, amf } = createUe();
  await registered(ue);
  playSmf(amf, { indication: { solution: '1', variant: 'k-gnb' } });
  const session = await ue.establishSession(5, '3gpp');
  const before = (await ue.derivePsk(session)).kid;
  ue.goIdle('3gpp');
  await ue.requestService('3gpp');
  assert.notDeepEqual(session.psk?.kid, before);
  assert.equal(session.psk?.generation, 2);
  ue.dispose();
});

test('a session that the network releases right behind its Accept is over, and gets no PSK', async () => {
  const { ue, amf } = createUe();
  await registered(ue);
  playSmf(amf, { indication: { solution: '4' } });
  const play = amf.script.intercept;
  amf.script.intercept = (channel, received) => {
    const { message } = received;
    if (message.type !== 'uplinkNasTransport') return false;
    const { type, pduSessionId } = decodeSm(message.payload);
    const taken = play?.(channel, received) ?? false;
    const cause = SmCause.reactivationRequested;
    const command = { type: 'releaseCommand', pduSessionId, procedureTransactionId: 0, cause };
    if (type === 'establishmentRequest') channel.sendSm(command as SmMessage);
    return taken;
  };
  const together = new Promise<void>((resolve) => amf.deliverTogether(resolve));
  const established = ue.establishSession(5, '3gpp');
  await assert.rejects(established, (error) => isFailure(error, 'rejected'));
  await together;
  amf.script.intercept = play;
  const session = await ue.establishSession(5, '3gpp');
  await ue.derivePsk(session);
  await ue.releaseSession(session);
  assert.equal(session.psk, undefined);
  await assert.rejects(ue.derivePsk(session), (error) => isFailure(error, 'no_psk'));
  ue.dispose();
});
