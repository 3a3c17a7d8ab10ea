import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryObstacle, solutions } from '@mpquic/keys';
import { toHex } from '@mpquic/wire';
import { type Fixture, startFixture, until } from './core-fixture.ts';

/** Every way of every solution that brings a key through the core. */
const WAYS = solutions
  .filter(({ id }) => id !== 'Y')
  .flatMap(({ id, variants, deliveries }) =>
    variants.flatMap((variant) =>
      deliveries
        .filter((delivery) => deliveryObstacle(variant, delivery) === undefined)
        .map((delivery) => ({ solution: id, variant: variant.name, delivery })),
    ),
  );

for (const { solution, variant, delivery } of WAYS) {
  test(`solution #${solution} ${variant}, ${delivery.name}: UE and UPF hold one PSK`, async () => {
    const fixture = await startFixture({ solution, variant, delivery: delivery.name });
    try {
      const ue = fixture.ue();
      await ue.register('3gpp');
      await ue.register('non-3gpp');
      const session = await ue.establishSession(5, '3gpp');
      if (delivery.keyRequest === 'upf_on_demand') askForKey(fixture);
      const psk = await ue.derivePsk(session);
      await until(() => fixture.upf.psks.length === 1);
      const received = fixture.upf.psks[0];
      assert.equal(received?.psk, toHex(psk.key));
      assert.equal(received?.kid, toHex(psk.kid));
      const wanted =
        delivery.installation === 'session_establishment_request'
          ? 'sessionEstablishmentRequest'
          : 'sessionModificationRequest';
      assert.equal(received?.carriedBy, wanted);
    } finally {
      await fixture.stop();
    }
  });
}

function askForKey({ upf }: Fixture): void {
  for (const seid of upf.sessions.keys()) upf.requestPsk(seid);
}

for (const variant of ['per-ue-per-upf', 'per-ue', 'group']) {
  test(`solution #Y ${variant}: the core brings no key anywhere`, async () => {
    const fixture = await startFixture({ solution: 'Y', variant });
    try {
      const ue = fixture.ue();
      await ue.register('3gpp');
      await ue.establishSession(5, '3gpp');
      assert.deepEqual(fixture.upf.psks, []);
    } finally {
      await fixture.stop();
    }
  });
}

test('the impossible delivery of solution #3 is refused at start, with its reason', async () => {
  await assert.rejects(
    startFixture({
      solution: '3',
      variant: 'k-amf-ip',
      delivery: 'amf-psk-at-2+n4-modification-at-13',
    }),
    /no IP address before step 5/,
  );
});
