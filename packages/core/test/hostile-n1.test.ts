import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type decodeMm, encodeMm, MmCause } from '@mpquic/nas';
import { fromHex } from '@mpquic/wire';
import fc from 'fast-check';
import { type Fixture, startFixture, until } from './core-fixture.ts';
import { RawUe } from './raw-ue.ts';

async function withFixture(
  run: (fixture: Fixture) => Promise<void>,
  settings: Parameters<typeof startFixture>[0] = {},
): Promise<void> {
  const fixture = await startFixture(settings);
  try {
    await run(fixture);
  } finally {
    await fixture.stop();
  }
}

/** How often the AMF dropped an uplink message for this reason. */
async function discarded({ core }: Fixture, reason: string): Promise<number> {
  const text =
    await core.metrics.metrics.registry.getSingleMetricAsString('mpq_nas_discarded_total');
  const line = text.split('\n').find((candidate) => candidate.includes(`reason="${reason}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

test('a replayed NAS message is dropped, whatever it holds', async () => {
  await withFixture(async (fixture) => {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    ue.requestSession(5);
    assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
    const request = ue.sent.at(-1) as Uint8Array;
    ue.sendBytes(request);
    ue.sendBytes(request);
    ue.requestSession(6);
    assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
    assert.equal(await discarded(fixture, 'replayed'), 2);
    assert.equal(fixture.core.counts().sessions, 2);
    ue.close();
  });
});

test('a changed octet anywhere in a protected message makes it worthless', async () => {
  await withFixture(async (fixture) => {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    ue.requestSession(5);
    await ue.nextSm();
    const request = ue.sent.at(-1) as Uint8Array;
    for (let i = 2; i < request.length; i++) {
      const forged = request.slice();
      forged[i] = (forged[i] as number) ^ 0x40;
      ue.sendBytes(forged);
    }
    ue.requestSession(6);
    assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
    assert.equal(fixture.core.counts().sessions, 2);
    ue.close();
  });
});

test('unprotected messages are dropped once the exchange is secure', async () => {
  await withFixture(async (fixture) => {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    ue.sendPlain({
      type: 'deregistrationRequestFromUe',
      deregistrationType: { access: 3, reregistrationRequired: false, switchOff: true },
      ngKsi: { mapped: false, value: 0 },
      identity: { type: 'none' },
    });
    await until(() => true);
    ue.requestSession(5);
    assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
    assert.equal(await discarded(fixture, 'notProtected'), 1);
    assert.equal(fixture.core.counts().ues, 1);
    ue.close();
  });
});

test('a message that cannot be decoded is answered with 5GMM STATUS and its cause', async () => {
  await withFixture(async (fixture) => {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    for (const [octets, cause] of [
      ['7e00ff', MmCause.messageTypeNonExistent],
      ['7e0067', MmCause.invalidMandatoryInformation],
      ['7e0067010010', MmCause.invalidMandatoryInformation],
    ] as const) {
      ue.sendProtected(fromHex(octets));
      assert.deepEqual(await ue.next(), { type: 'mmStatus', cause });
    }
    ue.sendProtected({ type: 'serviceAccept' });
    assert.deepEqual(await ue.next(), {
      type: 'mmStatus',
      cause: MmCause.messageTypeNotCompatibleWithState,
    });
    ue.close();
  });
});

test('an UL NAS TRANSPORT without a valid PDU session ID gets a conditional element error', async () => {
  await withFixture(async (fixture) => {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    for (const pduSessionId of [0, 16, 255]) {
      ue.requestSession(5, {}, { pduSessionId });
      assert.deepEqual(await ue.next(), {
        type: 'mmStatus',
        cause: MmCause.conditionalElementError,
      });
    }
    ue.close();
  });
});

test('a service request that nothing verifies is refused', async () => {
  await withFixture(async (fixture) => {
    const ue = await RawUe.connect(fixture.core);
    const identity = { type: 'stmsi', amfSetId: 1, amfPointer: 0, tmsi: 1 } as const;
    const plain = encodeMm({
      type: 'serviceRequest',
      ngKsi: { mapped: false, value: 0 },
      serviceType: 1,
      identity,
    });
    ue.sendBytes(Uint8Array.from([0x7e, 1, 0, 0, 0, 0, 0, ...plain]));
    assert.deepEqual(await ue.next(), {
      type: 'serviceReject',
      cause: MmCause.ueIdentityCannotBeDerived,
    });
    ue.close();
  });
});

test('a UE that answers no challenge loses its connection', async () => {
  await withFixture(
    async (fixture) => {
      const ue = await RawUe.connect(fixture.core);
      const idle = await RawUe.connect(fixture.core, 'non-3gpp');
      ue.sendPlain({
        type: 'registrationRequest',
        registrationType: { kind: 1, followOnRequestPending: true },
        ngKsi: { mapped: false, value: 7 },
        identity: { type: 'none' },
        securityCapability: { encryption: 0xa0, integrity: 0x20 },
      });
      assert.equal((await ue.next())?.type, 'identityRequest');
      await until(() => ue.closed && idle.closed);
      assert.equal(fixture.core.counts().ues, 0);
    },
    { guardMs: 300 },
  );
});

test('a stream without envelopes ends the connection', async () => {
  await withFixture(async (fixture) => {
    for (const octets of ['0000', 'ffff00']) {
      const address = fixture.core.n1?.['3gpp'] ?? { host: '', port: 0 };
      const socket = connect(address.port, address.host);
      socket.write(fromHex(octets));
      await new Promise((resolve) => socket.once('close', resolve).resume());
    }
  });
});

test('any octets at any time leave the AMF serving', async () => {
  await withFixture(async (fixture) => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 80 });
    const likely = fc
      .tuple(fc.constantFrom(0, 1, 2, 3, 4), fc.uint8Array({ maxLength: 60 }))
      .map(([header, rest]) => Uint8Array.from([0x7e, header, ...rest]));
    const registered = await RawUe.connect(fixture.core);
    await registered.register();
    for (const bytes of fc.sample(fc.oneof(noise, likely), { numRuns: 200, seed: 7 })) {
      const fresh = await RawUe.connect(fixture.core);
      fresh.sendBytes(bytes);
      registered.sendBytes(bytes);
      // Under the right protection as well: what gets through the MAC is hostile all the same.
      registered.sendProtected(bytes);
      registered.sendSm(bytes, { pduSessionId: 3 });
      fresh.close();
    }
    registered.received.length = 0;
    registered.requestSession(9);
    await until(() => registered.received.some((message) => isAccept(message)));
    registered.close();
  });
});

function isAccept(message: ReturnType<typeof decodeMm>): boolean {
  return message.type === 'downlinkNasTransport' && message.payload[3] === 0xc2;
}
