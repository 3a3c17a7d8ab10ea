import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { AccessType, findSolution } from '@mpquic/keys';
import { type Exposure, exposureOf, type Party } from '../src/index.ts';
import { SUBSCRIBER, startFixture, until } from './core-fixture.ts';

type Row = readonly [
  solution: string,
  variant: string,
  settings: Record<string, unknown>,
  exposure: Partial<Record<Party, Exposure>>,
  access?: '3gpp' | 'non-3gpp',
];

/** Who knows the PSK: the table of the brief, section 6.8, computed from what each party received. */
const TABLE: readonly Row[] = [
  ['1', 'k-gnb', {}, { amf: 'holds', smf: 'holds', gnb: 'can compute', n3iwf: 'no' }],
  ['1', 'k-gnb', {}, { amf: 'holds', smf: 'holds', gnb: 'no', n3iwf: 'can compute' }, 'non-3gpp'],
  ['1', 'k-amf', {}, { amf: 'holds', smf: 'holds', gnb: 'no', n3iwf: 'no' }],
  ['2', 'k-amf-psi', {}, { amf: 'holds', smf: 'holds', gnb: 'no' }],
  ['2', 'k-seaf-psi', {}, { amf: 'holds', smf: 'holds', gnb: 'no' }],
  ['2', 'k-smf-psi', {}, { amf: 'can compute', smf: 'holds', gnb: 'no' }],
  ['3', 'k-amf-psi', {}, { amf: 'holds', smf: 'holds', gnb: 'no' }],
  ['3', 'k-smf-psi', {}, { amf: 'can compute', smf: 'holds', gnb: 'no' }],
  ['4', 'stored-count', {}, { amf: 'holds', smf: 'holds', gnb: 'no' }],
  ['5', 'literal', {}, { amf: 'can compute', smf: 'holds', gnb: 'no' }],
  ['5', 'fresh', {}, { amf: 'can compute', smf: 'holds', gnb: 'no' }],
  ['6', 'push-key', {}, { amf: 'holds', smf: 'holds', gnb: 'no' }],
  // NAS integrity and ciphering, both with and without: only ciphering keeps the key from the access node.
  ...(['nia2', 'nia0'] as const).flatMap((integrity) =>
    (['nea2', 'nea0'] as const).map(
      (ciphering): Row => [
        '6',
        'push-key',
        { integrity: [integrity], ciphering: [ciphering] },
        { amf: 'holds', smf: 'holds', gnb: ciphering === 'nea0' ? 'holds' : 'no' },
      ],
    ),
  ),
  ['6', 'push-rand', { ciphering: ['nea0'] }, { amf: 'holds', smf: 'holds', gnb: 'no' }],
];

for (const [solution, variant, settings, expected, access = '3gpp'] of TABLE) {
  const how = JSON.stringify(settings) === '{}' ? '' : ` with ${JSON.stringify(settings)}`;
  test(`who knows the PSK of solution #${solution} ${variant} over ${access} access${how}`, async () => {
    const fixture = await startFixture({ solution, variant, ...settings });
    try {
      const { upf, events } = fixture;
      const ue = fixture.ue({ integrity: [0, 2] });
      await ue.register('3gpp');
      await ue.register('non-3gpp');
      const session = await ue.establishSession(5, access);
      if (solution === '6') for (const seid of upf.sessions.keys()) upf.requestPsk(seid);
      const { key } = await ue.derivePsk(session);
      await until(() => upf.psks.length === 1);
      const found = exposureOf({
        crypto,
        events: events.events,
        psk: key,
        solution: findSolution(solution),
        variant,
        servingNetworkName: '5G:mnc001.mcc001.3gppnetwork.org',
        inputs: {
          supi: SUBSCRIBER.supi,
          pduSessionId: 5,
          ulNasCount: session.ulNasCount,
          accessType: access === '3gpp' ? AccessType.threeGpp : AccessType.nonThreeGpp,
          smfInstanceId: '5f1c0a30-0000-4000-8000-0000000005af',
          ...(session.ueIp === undefined ? {} : { ueIp: session.ueIp }),
        },
      });
      assert.deepEqual(found, {
        ue: 'holds',
        upf: 'holds',
        'n4-tap': 'holds',
        n3iwf: 'no',
        // The home network made K_AUSF, from which everything below follows. RAND of #6 stays in the AMF.
        ausf: solution === '6' ? 'no' : 'can compute',
        udm: solution === '6' ? 'no' : 'can compute',
        ...expected,
      });
    } finally {
      await fixture.stop();
    }
  });
}
