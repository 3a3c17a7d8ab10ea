import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MmCause, PduSessionType, PskContainerId, pskContainer, SmCause } from '@mpquic/nas';
import { PfcpCause } from '@mpquic/pfcp';
import { fromHex } from '@mpquic/wire';
import { type Fixture, SUBSCRIBER, startFixture, until } from './core-fixture.ts';
import { RawUe } from './raw-ue.ts';

async function withUe(
  run: (ue: RawUe, fixture: Fixture) => Promise<void>,
  settings: Parameters<typeof startFixture>[0] = {},
): Promise<void> {
  const fixture = await startFixture(settings);
  try {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    await run(ue, fixture);
    assert.equal(fixture.core.counts().sessions, 0, 'no session is left');
    assert.equal(fixture.upf.sessions.size, 0, 'no N4 session is left');
    ue.close();
  } finally {
    await fixture.stop();
  }
}

async function rejectedWith(ue: RawUe, cause: number): Promise<void> {
  const message = await ue.nextSm();
  assert.equal(message?.type, 'establishmentReject');
  assert.equal(message?.type === 'establishmentReject' && message.cause, cause);
}

test('what the network does not offer is refused with its cause', async () => {
  await withUe(async (ue) => {
    for (const [fields, options, cause] of [
      [{ pduSessionType: PduSessionType.ipv6 }, {}, SmCause.ipv4OnlyAllowed],
      [{ pduSessionType: PduSessionType.ethernet }, {}, SmCause.unknownPduSessionType],
      [{ pduSessionType: PduSessionType.unstructured }, {}, SmCause.unknownPduSessionType],
      [{ sscMode: 2 }, {}, SmCause.notSupportedSscMode],
      [{ procedureTransactionId: 0 }, {}, SmCause.invalidPtiValue],
      [{ procedureTransactionId: 255 }, {}, SmCause.invalidPtiValue],
      [{}, { dnn: 'elsewhere' }, SmCause.missingOrUnknownDnn],
      [{}, { pduSessionId: 6 }, SmCause.invalidPduSessionIdentity],
    ] as const) {
      ue.requestSession(5, fields, options);
      await rejectedWith(ue, cause);
    }
  });
});

test('who asks for IPv4 and IPv6 gets IPv4, and is told so', async () => {
  const fixture = await startFixture();
  try {
    const ue = await RawUe.connect(fixture.core);
    await ue.register();
    ue.requestSession(5, { pduSessionType: PduSessionType.ipv4v6 });
    const accept = await ue.nextSm();
    assert.ok(accept?.type === 'establishmentAccept');
    assert.equal(accept.pduSessionType, PduSessionType.ipv4);
    assert.equal(accept.cause, SmCause.ipv4OnlyAllowed);
    ue.close();
  } finally {
    await fixture.stop();
  }
});

test('a 5GSM message that is malformed or makes no sense is refused by the SMF', async () => {
  await withUe(async (ue) => {
    for (const [octets, cause] of [
      ['2e0501c1', SmCause.invalidMandatoryInformation],
      ['2e0501ff', SmCause.messageTypeNonExistent],
      ['2e05', SmCause.protocolErrorUnspecified],
      ['2e0501d1', SmCause.pduSessionDoesNotExist],
    ] as const) {
      ue.sendSm(fromHex(octets), { requestType: 6, pduSessionId: 5 });
      await rejectedWith(ue, cause);
    }
  });
});

test('a subscriber without MA PDU sessions is refused', async () => {
  const subscribers = [{ ...SUBSCRIBER, maPduAllowed: false }];
  await withUe(
    async (ue) => {
      ue.requestSession(5);
      await rejectedWith(ue, SmCause.serviceOptionNotSubscribed);
    },
    { subscribers },
  );
});

test('a message for a session that is not there comes back with cause 90', async () => {
  await withUe(async (ue) => {
    ue.sendSm({ type: 'releaseRequest', pduSessionId: 4, procedureTransactionId: 1 });
    const message = await ue.next();
    assert.equal(message?.type, 'downlinkNasTransport');
    assert.equal(
      message?.type === 'downlinkNasTransport' && message.cause,
      MmCause.payloadWasNotForwarded,
    );
  });
});

test('a UPF that refuses makes the SMF refuse, and nothing stays', async () => {
  await withUe(async (ue, fixture) => {
    fixture.upf.script.establishmentCause = PfcpCause.noResourcesAvailable;
    ue.requestSession(5);
    await rejectedWith(ue, SmCause.networkFailure);
    // The key was with the refused request only: it is not delivered, so there is no PSK state.
    const states = fixture.events.events.filter((event) => event.type === 'psk');
    assert.deepEqual(states, []);
  });
});

test('a UPF that does not answer makes the SMF refuse after N1 transmissions', async () => {
  await withUe(
    async (ue, fixture) => {
      fixture.upf.script.silentTo = 'sessionEstablishmentRequest';
      ue.requestSession(5);
      await rejectedWith(ue, SmCause.networkFailure);
      assert.equal(
        fixture.upf.requests.filter((type) => type === 'sessionEstablishmentRequest').length,
        1,
        'retransmissions are no new requests to the UPF',
      );
    },
    { pfcpT1Ms: 10, pfcpN1: 2 },
  );
});

test('without any UPF a session is refused', async () => {
  const upfs = [{ id: 'nowhere.example', n4: '127.0.0.1:9' }];
  await withUe(
    async (ue, fixture) => {
      assert.equal(fixture.core.ready(), false);
      ue.requestSession(5);
      await rejectedWith(ue, SmCause.networkFailure);
    },
    { upfs, pfcpT1Ms: 10, pfcpN1: 1 },
  );
});

test('a full SMF refuses one more session', async () => {
  await withUe(
    async (ue) => {
      ue.requestSession(5);
      assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
      ue.requestSession(6);
      await rejectedWith(ue, SmCause.insufficientResources);
      ue.sendSm({ type: 'releaseRequest', pduSessionId: 5, procedureTransactionId: 2 });
      assert.equal((await ue.nextSm())?.type, 'releaseCommand');
      ue.sendSm({ type: 'releaseComplete', pduSessionId: 5, procedureTransactionId: 2 });
      await until(() => false, 50).catch(() => undefined);
    },
    { maxSessions: 1 },
  );
});

test('a UE without MPQUIC gets a session, and no key is made for it', async () => {
  await withUe(async (ue, fixture) => {
    ue.requestSession(5, { capability: { mptcp: true } });
    const accept = await ue.nextSm();
    assert.equal(accept?.type, 'establishmentAccept');
    assert.deepEqual(fixture.upf.psks, []);
    ue.sendSm({ type: 'releaseRequest', pduSessionId: 5, procedureTransactionId: 2 });
    assert.equal((await ue.nextSm())?.type, 'releaseCommand');
    ue.sendSm({ type: 'releaseComplete', pduSessionId: 5, procedureTransactionId: 2 });
    await until(() => fixture.core.counts().sessions === 0);
  });
});

for (const solution of ['1', '5']) {
  test(`solution #${solution}: a UE that does not tell its capability gets neither proxy nor PSK`, async () => {
    await withUe(
      async (ue, fixture) => {
        const plmn = { mcc: '001', mnc: '01' };
        const told = pskContainer(PskContainerId.capability, { plmn, solutions: ['1', '5'] });
        const other = pskContainer(PskContainerId.capability, { plmn, solutions: ['4'] });
        for (const [configuration, psks] of [
          [[], 0],
          [[other], 0],
          [[told], 1],
        ] as const) {
          ue.requestSession(5, { configuration });
          const accept = await ue.nextSm();
          assert.ok(accept?.type === 'establishmentAccept');
          assert.equal(accept.atsss !== undefined, psks > 0);
          assert.equal(fixture.upf.psks.length, psks);
          ue.sendSm({ type: 'releaseRequest', pduSessionId: 5, procedureTransactionId: 2 });
          assert.equal((await ue.nextSm())?.type, 'releaseCommand');
          ue.sendSm({ type: 'releaseComplete', pduSessionId: 5, procedureTransactionId: 2 });
          await until(() => fixture.core.counts().sessions === 0);
        }
      },
      { solution },
    );
  });
}

test('a UE that never completes a release loses the session all the same', async () => {
  await withUe(
    async (ue, fixture) => {
      ue.requestSession(5);
      assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
      ue.sendSm({ type: 'releaseRequest', pduSessionId: 5, procedureTransactionId: 2 });
      assert.equal((await ue.nextSm())?.type, 'releaseCommand');
      await until(() => fixture.core.counts().sessions === 0);
    },
    { guardMs: 500 },
  );
});

test('messages about a session that make no sense are answered with 5GSM STATUS', async () => {
  await withUe(async (ue, fixture) => {
    ue.requestSession(5);
    assert.equal((await ue.nextSm())?.type, 'establishmentAccept');
    ue.sendSm(fromHex('2e0501ff'));
    assert.deepEqual(await ue.nextSm(), {
      type: 'smStatus',
      pduSessionId: 5,
      procedureTransactionId: 0,
      cause: SmCause.messageTypeNonExistent,
    });
    ue.sendSm({
      type: 'releaseReject',
      pduSessionId: 5,
      procedureTransactionId: 1,
      cause: SmCause.networkFailure,
    });
    const status = await ue.nextSm();
    assert.equal(status?.type, 'smStatus');
    ue.sendSm({ type: 'modificationRequest', pduSessionId: 5, procedureTransactionId: 3 });
    const reject = await ue.nextSm();
    assert.equal(reject?.type, 'modificationReject');
    ue.sendSm({ type: 'releaseRequest', pduSessionId: 5, procedureTransactionId: 2 });
    assert.equal((await ue.nextSm())?.type, 'releaseCommand');
    ue.sendSm({ type: 'releaseComplete', pduSessionId: 5, procedureTransactionId: 2 });
    await until(() => fixture.core.counts().sessions === 0);
  });
});
