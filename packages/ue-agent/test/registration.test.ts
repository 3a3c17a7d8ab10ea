import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { deriveKGnb } from '@mpquic/keys';
import { MmCause, type MmMessage } from '@mpquic/nas';
import type { EventLog } from '@mpquic/service';
import { UeFailure } from '../src/index.ts';
import { IMSI, type ScriptedAmf } from './scripted-amf.ts';
import { createUe, PROFILE_A, until } from './ue-fixture.ts';

function keyOf(events: EventLog, name: string): Uint8Array | undefined {
  const found = events.events.findLast((event) => event.type === 'key' && event.name === name);
  return found?.type === 'key' ? found.value : undefined;
}

function failsWith(reason: UeFailure['reason'], cause?: number) {
  return (error: unknown): boolean =>
    error instanceof UeFailure &&
    error.reason === reason &&
    (cause === undefined || error.cause === cause);
}

for (const [name, options] of [
  ['null scheme', {}],
  ['ECIES profile A', { suci: PROFILE_A }],
] as const) {
  test(`registration with 5G-AKA over 3GPP access: ${name}`, async () => {
    const { ue, amf, events } = createUe(options);
    await ue.register('3gpp');
    assert.equal(amf.supi, IMSI);
    assert.equal(amf.authenticated, true);
    assert.equal(ue.registered('3gpp'), true);
    assert.equal(ue.registered('non-3gpp'), false);
    assert.deepEqual(amf.received, [
      'registrationRequest',
      'authenticationResponse',
      'securityModeComplete',
      'registrationComplete',
    ]);
    assert.deepEqual(keyOf(events, 'K_AMF'), amf.kAmf);
    const kGnb = deriveKGnb(nodeCryptoProvider, amf.kAmf as Uint8Array, 0).value;
    assert.deepEqual(keyOf(events, 'K_gNB'), kGnb, 'from the COUNT of the Security Mode Complete');
    ue.dispose();
  });
}

test('the second access uses GUTI and context of the first, and counts for itself', async () => {
  const { ue, amf, events } = createUe();
  await ue.register('3gpp');
  await ue.register('non-3gpp');
  const [request] = amf.last.received;
  assert.equal(request?.count, 0);
  assert.equal(
    request?.message.type === 'registrationRequest' && request.message.identity.type,
    'guti',
  );
  assert.ok(keyOf(events, 'K_N3IWF') !== undefined);
  assert.equal(amf.received.filter((type) => type === 'authenticationResponse').length, 1);
  assert.equal(amf.nas?.counts['3gpp'].lastReceived, 1);
  assert.equal(amf.nas?.counts['non-3gpp'].lastReceived, 1);
  ue.dispose();
});

test('a sequence number out of range is resynchronised', async () => {
  const { ue, amf } = createUe({ sqn: 32 * 5000 });
  await ue.register('3gpp');
  assert.deepEqual(amf.received.slice(1, 3), ['authenticationFailure', 'authenticationResponse']);
  ue.dispose();
});

test('a network without the subscriber key is refused', async () => {
  const { ue, amf } = createUe();
  amf.script.k = new Uint8Array(16);
  await assert.rejects(ue.register('3gpp'), failsWith('not_authentic'));
  const failure = amf.last.received.at(-1)?.message;
  assert.equal(failure?.type === 'authenticationFailure' && failure.cause, MmCause.macFailure);
  assert.equal(ue.connected('3gpp'), false);
  ue.dispose();
});

const refusals: readonly [string, (amf: ScriptedAmf) => void, number][] = [
  [
    'capabilities that are not those it sent',
    (amf) => {
      amf.script.replayedCapability = { encryption: 0x80, integrity: 0x20 };
    },
    MmCause.ueSecurityCapabilitiesMismatch,
  ],
  [
    'an algorithm that it did not offer',
    (amf) => {
      amf.script.algorithms = { encryption: 0, integrity: 0 };
    },
    MmCause.securityModeRejected,
  ],
  [
    'a MAC that is wrong',
    (amf) => {
      amf.script.tamper = (message: MmMessage, bytes: Uint8Array) =>
        message.type === 'securityModeCommand'
          ? bytes.map((octet, i) => (i === 2 ? octet ^ 1 : octet))
          : bytes;
    },
    MmCause.securityModeRejected,
  ],
];
for (const [name, change, cause] of refusals) {
  test(`a Security Mode Command with ${name} is refused`, async () => {
    const { ue, amf } = createUe({ guardMs: 200 });
    change(amf);
    await assert.rejects(ue.register('3gpp'), failsWith('no_answer'));
    const answer = amf.last.received.at(-1)?.message;
    assert.equal(answer?.type, 'securityModeReject');
    assert.equal(answer?.type === 'securityModeReject' && answer.cause, cause);
    ue.dispose();
  });
}

test('null algorithms are taken where the UE offers them', async () => {
  const { ue, amf } = createUe({ integrity: [2, 0] });
  amf.script.algorithms = { encryption: 0, integrity: 0 };
  await ue.register('3gpp');
  assert.equal(ue.registered('3gpp'), true);
  ue.dispose();
});

test('once secure, plain and replayed messages are dropped', async () => {
  const { ue, amf } = createUe();
  await ue.register('3gpp');
  const channel = amf.last;
  const deregister: MmMessage = {
    type: 'deregistrationRequestToUe',
    deregistrationType: { access: 1, reregistrationRequired: false, switchOff: false },
  };
  channel.sendPlain(deregister);
  const accept = amf.sent.at(-2) as Uint8Array;
  channel.sendBytes(deregister, accept.slice());
  channel.sendBytes(deregister, Uint8Array.of(0x7e, 0x02, 1, 2, 3));
  channel.sendBytes(deregister, Uint8Array.of(0x2e));
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(ue.registered('3gpp'), true);
  channel.send(deregister);
  await until(() => amf.received.at(-1) === 'deregistrationAcceptFromUe');
  assert.equal(ue.registered('3gpp'), false, 'the genuine one counts');
  assert.equal(amf.received.at(-1), 'deregistrationAcceptFromUe');
  ue.dispose();
});

test('a rejected registration tells the cause', async () => {
  const { ue, amf } = createUe();
  amf.script.intercept = (channel, { message }) => {
    if (message.type !== 'registrationRequest') return false;
    channel.sendPlain({ type: 'registrationReject', cause: MmCause.plmnNotAllowed });
    return true;
  };
  await assert.rejects(ue.register('3gpp'), failsWith('rejected', MmCause.plmnNotAllowed));
  ue.dispose();
});

test('a network that forgot the UE gets its SUCI again', async () => {
  const { ue, amf } = createUe();
  await ue.register('3gpp');
  let refused = false;
  amf.script.intercept = (channel, { message }) => {
    if (message.type !== 'registrationRequest' || refused) return false;
    refused = true;
    const cause = MmCause.ueIdentityCannotBeDerived;
    channel.sendPlain({ type: 'registrationReject', cause });
    return true;
  };
  await ue.register('non-3gpp');
  const request = amf.last.received[0]?.message;
  assert.equal(request?.type === 'registrationRequest' && request.identity.type, 'suci');
  assert.equal(ue.registered('non-3gpp'), true);
  ue.dispose();
});

test('the network authenticates again: a new K_AMF, COUNTs from 0', async () => {
  const { ue, amf, events } = createUe();
  await ue.register('3gpp');
  const before = keyOf(events, 'K_AMF');
  amf.challenge(amf.last);
  await until(() => amf.received.at(-1) === 'securityModeComplete');
  assert.notDeepEqual(keyOf(events, 'K_AMF'), before);
  assert.deepEqual(keyOf(events, 'K_AMF'), amf.kAmf);
  assert.equal(amf.received.at(-1), 'securityModeComplete');
  assert.equal(amf.nas?.counts['3gpp'].lastReceived, 0);
  ue.dispose();
});

test('from idle to connected by a Service Request, with a new K_gNB', async () => {
  const { ue, amf, events } = createUe();
  await ue.register('3gpp');
  const before = keyOf(events, 'K_gNB');
  ue.goIdle('3gpp');
  assert.equal(ue.connected('3gpp'), false);
  await ue.requestService('3gpp');
  const [request] = amf.last.received;
  assert.equal(request?.message.type, 'serviceRequest');
  const kGnb = deriveKGnb(nodeCryptoProvider, amf.kAmf as Uint8Array, request?.count ?? -1).value;
  assert.deepEqual(keyOf(events, 'K_gNB'), kGnb);
  assert.notDeepEqual(kGnb, before);
  ue.dispose();
});

test('deregistration ends registration and connection', async () => {
  const { ue, amf } = createUe();
  await ue.register('3gpp');
  await ue.deregister('3gpp');
  assert.equal(ue.registered('3gpp'), false);
  assert.equal(amf.last.closed, true);
  await assert.rejects(ue.requestService('3gpp'), failsWith('protocol'));
  ue.dispose();
});

test('a network that falls silent, or goes away, ends the procedure', async () => {
  const silent = createUe({ guardMs: 100 });
  silent.amf.script.intercept = () => true;
  await assert.rejects(silent.ue.register('3gpp'), failsWith('no_answer'));
  const gone = createUe();
  gone.amf.script.intercept = (channel) => {
    channel.close();
    return true;
  };
  await assert.rejects(gone.ue.register('3gpp'), failsWith('connection_lost'));
  silent.ue.dispose();
  gone.ue.dispose();
});
