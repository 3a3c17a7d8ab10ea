/** D7 to D9: when the key is where, and which COUNT is in it. */
import { attempt } from './attempt.ts';
import { type Evidence, type Experiment, seen, verdictOf } from './experiment.ts';
import { kept, Stage, until } from './stage.ts';

/** One-way latencies of N4 in milliseconds. */
const N4_LATENCIES = [0, 20, 60] as const;
const AT_13 = 'smf-request-at-6+n4-modification-at-13';
const AT_5 = 'amf-psk-at-2+n4-establishment-at-5';

export const deliveryExperiments: readonly Experiment[] = [
  {
    id: 'D7',
    title: 'the UE starts MPQUIC before the UPF has the PSK, and is refused',
    solutions: ['3'],
    why: 'the UE derives at step 10a, the UPF gets the key at step 13: the slower N4 is, the more handshakes fail.',
    mitigation:
      'the UPF holds handshakes with an unknown KID for a while, or gets the key at step 5',
    run: async () => {
      const evidence: Evidence[] = [];
      let refused = false;
      let mitigated = true;
      for (const latency of N4_LATENCIES) {
        const outcomes = {
          'reject, key at step 13': await race(latency, AT_13, 'reject'),
          'hold, key at step 13': await race(latency, AT_13, 'hold'),
          'reject, key at step 5': await race(latency, AT_5, 'reject'),
        };
        refused ||= !outcomes['reject, key at step 13'].accepted;
        mitigated &&= outcomes['hold, key at step 13'].accepted;
        mitigated &&= outcomes['reject, key at step 5'].accepted;
        for (const [how, { accepted, ms }] of Object.entries(outcomes)) {
          const result = `${accepted ? 'accepted' : 'refused'} after ${ms.toFixed(1)} ms`;
          evidence.push(seen(`N4 ${latency} ms, UPF set to ${how}`, result));
        }
      }
      return verdictOf(refused, evidence, mitigated);
    },
  },
  {
    id: 'D8',
    title: 'a PSK leaves the AMF for a session that never uses MPQUIC',
    solutions: ['3'],
    why: 'step 2 sends a key with every MA PDU request; a key that nobody needs can only leak.',
    mitigation: 'the SMF asks for the key once it has chosen MPQUIC (step 6)',
    run: async () => {
      const early = await keysForUnusedSession('amf-psk-at-2+n4-modification-at-13');
      const late = await keysForUnusedSession('smf-request-at-6+n4-modification-at-13');
      return verdictOf(
        early.sent > 0 && early.installed === 0,
        [
          seen('keys sent to the SMF, delivery at step 2', early.sent),
          seen('of these, installed in a UPF', early.installed),
          seen('keys sent to the SMF, request at step 6', late.sent),
        ],
        late.sent === 0,
      );
    },
  },
  {
    id: 'D9',
    title: 'with the "current" NAS COUNT UE and AMF derive different keys',
    solutions: ['4'],
    why: 'the text does not say which COUNT; any NAS message between request and derivation breaks the session.',
    mitigation: 'both store the COUNT of the request',
    run: async () => {
      const current = await deriveAfterAnotherMessage('current');
      const stored = await deriveAfterAnotherMessage('stored');
      return verdictOf(
        !current.accepted,
        [
          seen('current COUNT, one more NAS message before the UE derives', detail(current)),
          seen('stored COUNT, the same messages', detail(stored)),
        ],
        stored.accepted,
      );
    },
  },
];

function detail({ accepted, detail: reason }: Awaited<ReturnType<typeof attempt>>): string {
  return accepted ? 'accepted' : `refused: ${reason}`;
}

function race(n4LatencyMs: number, delivery: string, unknownKid: 'reject' | 'hold') {
  return Stage.with(
    {
      solution: '3',
      delivery,
      core: { n4LatencyMs },
      upf: { unknownKid, holdMs: 2_000 },
    },
    async (stage) => {
      const one = await stage.registeredUe();
      return attempt(one, await stage.session(one, { race: true }));
    },
  );
}

function keysForUnusedSession(
  delivery: string,
): Promise<{ readonly sent: number; readonly installed: number }> {
  return Stage.with({ solution: '3', delivery }, async (stage) => {
    const one = await stage.registeredUe(0, { mpquic: false });
    await one.ue.establishSession(5, '3gpp').catch(() => undefined);
    await until(() => stage.core.counts().sessions === 1);
    const sent = stage.events.events.filter(
      (event) => event.type === 'key_received' && event.holder === 'smf',
    );
    return { sent: sent.length, installed: stage.upf.registry.size };
  });
}

function deriveAfterAnotherMessage(rule: 'stored' | 'current') {
  return Stage.with({ solution: '4', core: { countSource: rule } }, async (stage) => {
    const one = await stage.registeredUe(0, { countRule: rule });
    const session = await one.ue.establishSession(5, '3gpp');
    await one.ue.establishSession(6, '3gpp');
    return attempt(one, { session, psk: kept(await one.ue.derivePsk(session)) });
  });
}
