/** D4 to D6: keys that repeat or outlive their session. */
import type { SolutionId } from '@mpquic/keys';
import { equalBytes } from '@mpquic/wire';
import { attempt } from './attempt.ts';
import { type Experiment, seen, verdictOf } from './experiment.ts';
import { Impostor, pskAtUpf } from './impostor.ts';
import { Stage } from './stage.ts';
import { upfId } from './stage-roles.ts';

/** The reading of each solution's text in which nothing fresh enters the key. */
const STATIC_VARIANT: { readonly [S in SolutionId]?: string } = {
  '2': 'k-amf-psi',
  '3': 'k-amf-psi',
  '5': 'literal',
};

export const staleKeyExperiments: readonly Experiment[] = [
  {
    id: 'D4',
    title: 'a session that is released and set up again gets the same PSK',
    solutions: ['2', '3', '5'],
    why: 'the study claims that an old PSK cannot be reused; whoever has it can enter the next session.',
    mitigation:
      'the uplink NAS COUNT of the request as an input, as #4 and the fresh reading of #5',
    run: async (solution) => {
      const weak = await repeats(solution, STATIC_VARIANT[solution]);
      const [hardenedSolution, hardenedVariant] =
        solution === '5' ? ['5', 'fresh'] : ['4', 'stored-count'];
      const hardened = await repeats(hardenedSolution as string, hardenedVariant);
      return verdictOf(
        weak.same,
        [
          seen('PSK of the second session', weak.same ? 'identical' : 'new'),
          seen('KID of the second session', weak.sameKid ? 'identical' : 'new'),
          seen(
            `PSK with #${hardenedSolution} ${hardenedVariant}`,
            hardened.same ? 'identical' : 'new',
          ),
        ],
        !hardened.same,
      );
    },
  },
  {
    id: 'D5',
    title: 'a UPF that does not delete the PSK on release lets its holder in afterwards',
    solutions: ['2', '3'],
    why: 'no clause says when the UPF deletes a PSK; without it the key of a closed session opens the door.',
    mitigation: 'the UPF deletes the PSK with its N4 session',
    run: async (solution) => {
      const run = await Stage.with({ solution, variant: 'k-amf-psi' }, async (stage) => {
        const one = await stage.registeredUe();
        const made = await stage.session(one);
        await attempt(one, made);
        await stage.release(one, made.session);
        const deleting = await attempt(one, made);
        // A UPF with the fault still has the key that this one has just deleted.
        const { pduSessionId } = made.session;
        stage.upf.registry.install({
          psk: pskAtUpf(made.psk, { pduSessionId, upfId: upfId(0) }),
          solution,
          variant: 'k-amf-psi',
          session: undefined,
          generation: 1,
          lifetime: undefined,
          keepOldUntilUsed: false,
        });
        return { deleting, forgetful: await attempt(one, made) };
      });
      return verdictOf(
        run.forgetful.accepted,
        [
          seen('UPF that kept the PSK, after the release', word(run.forgetful.accepted)),
          seen('UPF that deleted it, after the release', word(run.deleting.accepted)),
        ],
        !run.deleting.accepted,
      );
    },
  },
  {
    id: 'D6',
    title: 'an old UPF that kept its PSK poses as the new UPF of the next session',
    solutions: ['2', '3', '5'],
    why: 'one compromised UPF can then impersonate every other one that serves the same UE.',
    mitigation: 'imported PSK (RFC 9258) with the identity of the UPF in its context',
    run: async (solution) => {
      const raw = await oldUpfPoses(solution, 'raw');
      const imported = await oldUpfPoses(solution, 'imported');
      return verdictOf(
        raw.moved && raw.accepted,
        [
          seen('second session is at another UPF', raw.moved),
          seen('UE and the old UPF, raw PSK', word(raw.accepted)),
          seen('UE and the old UPF, imported PSK', word(imported.accepted)),
        ],
        imported.moved && !imported.accepted,
      );
    },
  },
];

function word(accepted: boolean): string {
  return accepted ? 'accepted' : 'refused';
}

function repeats(
  solution: string,
  variant: string | undefined,
): Promise<{ readonly same: boolean; readonly sameKid: boolean }> {
  return Stage.with({ solution, variant }, async (stage) => {
    const one = await stage.registeredUe();
    const first = await stage.session(one);
    await stage.release(one, first.session);
    const second = await stage.session(one);
    return {
      same: equalBytes(first.psk.key, second.psk.key),
      sameKid: equalBytes(first.psk.kid, second.psk.kid),
    };
  });
}

function oldUpfPoses(
  solution: SolutionId,
  pskMode: 'raw' | 'imported',
): Promise<{ readonly moved: boolean; readonly accepted: boolean }> {
  const variant = STATIC_VARIANT[solution];
  return Stage.with({ solution, variant, pskMode, upfCount: 2 }, async (stage) => {
    const one = await stage.registeredUe();
    const first = await stage.session(one);
    await stage.release(one, first.session);
    // Another UE takes the first UPF, so that the SMF selects the second one now.
    await stage.session(await stage.registeredUe(1));
    const second = await stage.session(one);
    const { pduSessionId } = first.session;
    const impostor = await Impostor.listen(pskAtUpf(first.psk, { pduSessionId, upfId: upfId(0) }));
    try {
      const { accepted } = await attempt(one, second, { vias: { '3gpp': impostor.address } });
      return { moved: stage.upfs[1]?.registry.has(second.psk.kid) === true, accepted };
    } finally {
      await impostor.close();
    }
  });
}
