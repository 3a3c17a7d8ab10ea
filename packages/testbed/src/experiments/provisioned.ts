/** D21 to D24: Solution #Y, keys that an operator provisions. */
import { toHex } from '@mpquic/wire';
import { attempt, withKey } from './attempt.ts';
import { kidsOverTime } from './count-and-kid.ts';
import { type Experiment, seen, verdictOf } from './experiment.ts';
import { Impostor, pskAtUpf } from './impostor.ts';
import { Stage } from './stage.ts';
import { upfId } from './stage-roles.ts';

export const provisionedExperiments: readonly Experiment[] = [
  {
    id: 'D21',
    title: 'with a group PSK one UE poses as the UPF to another',
    solutions: ['Y'],
    why: 'a PSK says only that the peer has it, not who it is: every member of the group is a UPF.',
    mitigation: 'one PSK per UE',
    run: async () => {
      const group = await otherUeAsUpf(true);
      const single = await otherUeAsUpf(false);
      return verdictOf(
        group,
        [
          seen('UE-1 completes the handshake with UE-2, group PSK', group),
          seen('the same attack, one PSK per UE', single),
        ],
        !single,
      );
    },
  },
  {
    id: 'D22',
    title: 'a UE that is rerouted to another UPF does not notice it',
    solutions: ['Y'],
    why: 'with one PSK for all UPFs nothing in the handshake names the UPF that the session was set up with.',
    mitigation: 'one PSK per UPF, imported (RFC 9258) with the identity of the UPF',
    run: async () => {
      const shared = await rerouted('per-ue', 'raw');
      const bound = await rerouted('per-ue-per-upf', 'imported');
      return verdictOf(
        shared,
        [
          seen('UPF-2 accepted instead of UPF-1, PSK per UE', shared),
          seen('UPF-2 accepted instead of UPF-1, PSK per UE and UPF, imported', bound),
        ],
        !bound,
      );
    },
  },
  {
    id: 'D23',
    title: 'Selfie: a UE that also listens with the PSK completes a handshake with itself',
    solutions: ['Y'],
    why: "an attacker reflects the UE's own messages; the UE believes that it talks to the network (RFC 9257 §4.1).",
    mitigation: 'imported PSK (RFC 9258) whose context names the roles',
    run: async () => {
      const raw = await reflected('raw');
      const imported = await reflected('imported');
      return verdictOf(
        raw,
        [
          seen('UE accepts itself as the UPF, raw PSK', raw),
          seen('UE accepts itself as the UPF, imported PSK', imported),
        ],
        !imported,
      );
    },
  },
  {
    id: 'D24',
    title: 'the provisioned identity is the same for ever, and tracks the UE',
    solutions: ['Y'],
    why: 'whoever reads one ClientHello knows the subscriber again, whatever 5G-GUTI or SUCI do.',
    mitigation: 'a KID derived with each key, as #1, #5 (fresh) and #6 have it here',
    run: async () => {
      const weak = await kidsOverTime('Y', 'per-ue');
      const hardened = await kidsOverTime('6', 'push-rand');
      return verdictOf(
        weak.length > 1 && new Set(weak).size === 1,
        [
          seen(
            'ClientHellos read: session, next session, other UPF, after a new K_AMF',
            weak.length,
          ),
          seen('different identities among them', new Set(weak).size),
          seen('different identities of #6 (push-rand) in the same run', new Set(hardened).size),
        ],
        new Set(hardened).size === hardened.length,
      );
    },
  },
];

/** UE-2 listens with the PSK that it was provisioned with, and UE-1 is led to it. */
function otherUeAsUpf(sharesPsk: boolean): Promise<boolean> {
  const variant = sharesPsk ? 'group' : 'per-ue';
  return Stage.with({ solution: 'Y', variant }, async (stage) => {
    const first = await stage.registeredUe();
    const own = { variant, kid: 'e2'.repeat(16), key: 'e2'.repeat(32) };
    const second = await stage.registeredUe(1, sharesPsk ? {} : { provisionedPsks: [own] });
    const victim = await stage.session(first);
    const held = await second.ue.derivePsk(await second.ue.establishSession(5, '3gpp'));
    // UE-2 has read the identity of UE-1 on the path.
    const { psk } = withKey({ session: victim.session, psk: held }, { kid: victim.psk.kid });
    const impostor = await Impostor.listen(pskAtUpf(psk, { pduSessionId: 5, upfId: upfId(0) }));
    try {
      return (await attempt(first, victim, { vias: { '3gpp': impostor.address } })).accepted;
    } finally {
      await impostor.close();
    }
  });
}

function rerouted(variant: string, pskMode: 'raw' | 'imported'): Promise<boolean> {
  return Stage.with({ solution: 'Y', variant, pskMode, upfCount: 2 }, async (stage) => {
    const one = await stage.registeredUe();
    const made = await stage.session(one);
    const other = stage.upfs[1]?.proxies.access3gpp;
    return (await attempt(one, made, { vias: { '3gpp': other } })).accepted;
  });
}

/** The UE's own server role, for example towards other UEs, gets its own ClientHello back. */
function reflected(pskMode: 'raw' | 'imported'): Promise<boolean> {
  return Stage.with({ solution: 'Y', variant: 'per-ue-per-upf', pskMode }, async (stage) => {
    const one = await stage.registeredUe();
    const made = await stage.session(one);
    const ownName = `ue-${toHex(made.psk.kid)}`;
    const itself = await Impostor.listen(pskAtUpf(made.psk, { pduSessionId: 0, upfId: ownName }));
    try {
      return (await attempt(one, made, { vias: { '3gpp': itself.address } })).accepted;
    } finally {
      await itself.close();
    }
  });
}
