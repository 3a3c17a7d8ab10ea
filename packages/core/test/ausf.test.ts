import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { answerChallenge, milenage, SqnWindow } from '@mpquic/keys';
import { noEvents } from '@mpquic/service';
import { fromHex, toHex } from '@mpquic/wire';
import { Ausf } from '../src/ausf/ausf.ts';
import type { SbiResponse } from '../src/sbi/message.ts';
import { SbiProblem } from '../src/sbi/problem.ts';
import { Router } from '../src/sbi/router.ts';
import { SubscriberStore } from '../src/udm/subscribers.ts';
import { Udm } from '../src/udm/udm.ts';
import { SUBSCRIBER } from './core-fixture.ts';

const MAX_PENDING = 8;
const NETWORK = '5G:mnc001.mcc001.3gppnetwork.org';
const K = fromHex(SUBSCRIBER.k);
const OPC = fromHex(SUBSCRIBER.opc);

/** An AUSF and a UDM that call each other directly, under a clock of the test. */
function homeNetwork() {
  const subscribers = new SubscriberStore(
    [
      {
        supi: SUBSCRIBER.supi,
        k: K.slice(),
        opc: OPC.slice(),
        sqn: new Uint8Array(6),
        amf: Uint8Array.of(0x80, 0),
        algorithm: 'milenage',
        dnns: ['internet'],
        maPduAllowed: true,
      },
    ],
    [],
  );
  const udm = new Router(new Udm({ crypto, subscribers, events: noEvents }).routes);
  let now = 0;
  const ausf = new Ausf({
    crypto,
    events: noEvents,
    clock: () => now,
    maxPending: MAX_PENDING,
    sbi: {
      async call(_, request) {
        const response = await udm.handle(request);
        if (response.status < 300) return response;
        const { cause, detail } = response.body as { cause: string; detail: string };
        throw new SbiProblem(response.status, cause, detail, response);
      },
    },
  });
  const router = new Router(ausf.routes);
  return {
    ausf,
    udm,
    authenticate: (supiOrSuci: string, extra: object = {}): Promise<SbiResponse> =>
      router.handle({
        method: 'POST',
        path: '/nausf-auth/v1/ue-authentications',
        body: { supiOrSuci, servingNetworkName: NETWORK, ...extra },
      }),
    confirm: (location: string, resStar: Uint8Array): Promise<SbiResponse> =>
      router.handle({
        method: 'PUT',
        path: `${location}/5g-aka-confirmation`,
        body: { resStar: toHex(resStar) },
      }),
    advance: (microseconds: number): void => {
      now += microseconds;
    },
  };
}

function answerTo({ body }: SbiResponse): Uint8Array {
  const { rand, autn } = (body as { '5gAuthData': { rand: string; autn: string } })['5gAuthData'];
  const functions = milenage(crypto, K, OPC);
  const window = new SqnWindow(0);
  return answerChallenge(crypto, functions, window, fromHex(rand), fromHex(autn), NETWORK).resStar;
}

test('the right RES* gives SUPI and K_SEAF, once', async () => {
  const home = homeNetwork();
  const challenge = await home.authenticate(`imsi-${SUBSCRIBER.supi}`);
  assert.equal(challenge.status, 201);
  const location = challenge.location as string;
  const resStar = answerTo(challenge);
  const { body } = await home.confirm(location, resStar);
  const { authResult, supi, kseaf } = body as Record<string, string>;
  assert.equal(authResult, 'AUTHENTICATION_SUCCESS');
  assert.equal(supi, `imsi-${SUBSCRIBER.supi}`);
  assert.match(kseaf ?? '', /^[0-9a-f]{64}$/);
  assert.equal((await home.confirm(location, resStar)).status, 404);
});

test('a wrong RES* fails, and cannot be tried again', async () => {
  const home = homeNetwork();
  const challenge = await home.authenticate(`imsi-${SUBSCRIBER.supi}`);
  const location = challenge.location as string;
  const { body } = await home.confirm(location, new Uint8Array(16));
  assert.deepEqual(body, { authResult: 'AUTHENTICATION_FAILURE' });
  assert.equal((await home.confirm(location, answerTo(challenge))).status, 404);
});

test('a challenge that is answered too late is forgotten', async () => {
  const home = homeNetwork();
  const challenge = await home.authenticate(`imsi-${SUBSCRIBER.supi}`);
  home.advance(31_000_000);
  assert.equal((await home.confirm(challenge.location as string, answerTo(challenge))).status, 404);
  assert.equal(home.ausf.pendingCount, 0);
});

test('pending challenges are capped: the oldest go first', async () => {
  const home = homeNetwork();
  const first = await home.authenticate(`imsi-${SUBSCRIBER.supi}`);
  for (let i = 0; i < MAX_PENDING; i++) {
    await home.authenticate(`imsi-${SUBSCRIBER.supi}`);
  }
  assert.equal(home.ausf.pendingCount, MAX_PENDING);
  assert.equal((await home.confirm(first.location as string, answerTo(first))).status, 404);
  home.ausf.stop();
  assert.equal(home.ausf.pendingCount, 0);
});

test('identities and bodies that make no sense are refused', async () => {
  const home = homeNetwork();
  for (const [supiOrSuci, extra, status] of [
    ['imsi-999990000000000', {}, 404],
    ['suci-0-001-01-0-0-0-3456780000', {}, 404],
    ['suci-0-001-01-0-1-9-aabb', {}, 501],
    ['suci-nonsense', {}, 404],
    ['nobody', {}, 400],
    [`imsi-${SUBSCRIBER.supi}`, { servingNetworkName: 'LTE' }, 400],
    [
      `imsi-${SUBSCRIBER.supi}`,
      { resynchronizationInfo: { rand: '00'.repeat(16), auts: '00'.repeat(14) } },
      403,
    ],
  ] as const) {
    assert.equal((await home.authenticate(supiOrSuci, extra)).status, status, supiOrSuci);
  }
});

test('the subscription says which networks there are, and whether MA PDU sessions are allowed', async () => {
  const { udm } = homeNetwork();
  const path = `/nudm-sdm/v2/imsi-${SUBSCRIBER.supi}/sm-data`;
  const { status, body } = await udm.handle({ method: 'GET', path });
  assert.equal(status, 200);
  const [data] = body as { dnnConfigurations: Record<string, { atsssAllowed: boolean }> }[];
  assert.equal(data?.dnnConfigurations['internet']?.atsssAllowed, true);
});
