/** D10 to D13: the COUNT and the KID of Solution #4, and of others that share their weakness. */
import type { SolutionId } from '@mpquic/keys';
import { equalBytes, toHex } from '@mpquic/wire';
import { attempt } from './attempt.ts';
import { identitiesOnPath } from './eavesdropper.ts';
import { type Experiment, seen, verdictOf } from './experiment.ts';
import { Stage, type StageOptions, type StageSession, type StageUe, until } from './stage.ts';
import { searchSupi } from './supi-search.ts';

const HASH_LENGTH = 32;
/** The attacker knows country, network and the first digits of the operator's range: 10^6 are left. */
const KNOWN_DIGITS = 9;
/** MSINs of a PLMN with a 2-digit MNC. */
const ALL_MSINS = 1e10;
const MAX_ROUNDS = 12;

const COUNT_VARIANT: { readonly [S in SolutionId]?: string } = {
  '1': 'k-amf',
  '4': 'stored-count',
  '5': 'fresh',
};

export const countAndKidExperiments: readonly Experiment[] = [
  {
    id: 'D10',
    title:
      'one KID for all sessions, UPFs and K_AMFs of a subscriber: a reader on the path tracks it',
    solutions: ['4'],
    why: 'the KID stands in clear in every ClientHello; 5G hides the subscriber elsewhere (SUCI, 5G-GUTI).',
    mitigation: 'a KID derived with each key, as #1 and #6 have it here',
    run: async () => {
      const weak = await kidsOverTime('4', 'stored-count');
      const hardened = await kidsOverTime('1', 'k-amf');
      return verdictOf(
        weak.length > 1 && new Set(weak).size === 1,
        [
          seen(
            'ClientHellos read: session, next session, other UPF, after a new K_AMF',
            weak.length,
          ),
          seen('different KIDs among them', new Set(weak).size),
          seen('different KIDs of #1 (k-amf) in the same run', new Set(hardened).size),
        ],
        new Set(hardened).size === hardened.length,
      );
    },
  },
  {
    id: 'D11',
    title: 'the SUPI is recovered from one captured ClientHello',
    solutions: ['4'],
    why: 'KID = H(SUPI) || PDU session ID: a SUPI has so few digits that all of them can be tried.',
    mitigation: 'an opaque KID from a KDF under a secret key',
    run: async () => {
      const { identity, supi } = await capturedIdentity('4');
      const search = searchSupi(identity.subarray(0, HASH_LENGTH), supi.slice(0, KNOWN_DIGITS));
      const opaque = await capturedIdentity('1');
      const mitigation = searchSupi(
        opaque.identity.subarray(0, HASH_LENGTH),
        opaque.supi.slice(0, KNOWN_DIGITS + 2),
      );
      const hours = ALL_MSINS / search.rate / 3600;
      return verdictOf(
        search.supi === supi,
        [
          seen('KID as captured', toHex(identity)),
          seen('PDU session ID read beside the hash', identity[HASH_LENGTH] ?? -1),
          seen('SUPI found', search.supi ?? 'none'),
          seen('candidates tried in a window of 10^6', search.tried),
          seen('hashes a second, one core', Math.round(search.rate)),
          seen('all 10^10 MSINs of a network, one core, hours', Number(hours.toFixed(1))),
          seen('SUPI found from the KID of #1', mitigation.supi ?? 'none'),
        ],
        mitigation.supi === undefined,
      );
    },
  },
  {
    id: 'D12',
    title: 'equal COUNTs on both accesses give the same key twice',
    solutions: ['1', '4', '5'],
    why: 'each access counts for itself under one K_AMF; TS 33.501 A.9 has an access type for this reason.',
    mitigation: 'the access type as an input (#4 access-bound)',
    run: async (solution) => {
      const weak = await sameCountOnBoth({ solution, variant: COUNT_VARIANT[solution] });
      const hardened = await sameCountOnBoth({ solution: '4', variant: 'access-bound' });
      return verdictOf(
        weak.same,
        [
          seen('uplink NAS COUNT that came on both accesses', weak.count),
          seen('the two keys', weak.same ? 'identical' : 'different'),
          seen('the two keys of #4 access-bound', hardened.same ? 'identical' : 'different'),
        ],
        !hardened.same,
      );
    },
  },
  {
    id: 'D13',
    title: 'a new key under the same KID replaces the old one at once: no overlap is possible',
    solutions: ['4'],
    why: 'the UPF cannot tell old from new by the KID; a UE that is a moment late is refused.',
    mitigation: 'a KID per key: old and new work side by side until the new one is used',
    run: async () => {
      const weak = await oldKeyDuringRekey('4', 'stored-count');
      const hardened = await oldKeyDuringRekey('2', 'k-amf-psi');
      return verdictOf(
        weak.sameKid && !weak.oldAccepted,
        [
          seen('KID after the update (#4)', weak.sameKid ? 'the same' : 'new'),
          seen('old key during the update (#4)', weak.oldAccepted ? 'accepted' : 'refused'),
          seen('KID after the update (#2)', hardened.sameKid ? 'the same' : 'new'),
          seen('old key during the update (#2)', hardened.oldAccepted ? 'accepted' : 'refused'),
        ],
        !hardened.sameKid && hardened.oldAccepted,
      );
    },
  },
];

/**
 * Identities as read on the path, of a subscriber that goes on for a while: a session, the next one,
 * another UPF, a new K_AMF.
 */
export function identitiesOverTime(options: StageOptions): Promise<Uint8Array[]> {
  return Stage.with({ ...options, upfCount: 2 }, async (stage) => {
    const one = await stage.registeredUe();
    const visit = async (): Promise<StageSession> => {
      const made = await stage.session(one);
      await attempt(one, made);
      return made;
    };
    await stage.release(one, (await visit()).session);
    await stage.release(one, (await visit()).session);
    // Another UE takes the first UPF.
    await stage.session(await stage.registeredUe(1));
    await stage.release(one, (await visit()).session);
    await stage.amf('reauthenticate', one.supi);
    await visit();
    return identitiesOnPath(one.captured);
  });
}

/** The same in hexadecimal, with a raw PSK: its identity is the KID. */
export async function kidsOverTime(solution: string, variant?: string): Promise<string[]> {
  return (await identitiesOverTime({ solution, variant })).map(toHex);
}

function capturedIdentity(
  solution: string,
): Promise<{ readonly identity: Uint8Array; readonly supi: string }> {
  return Stage.with({ solution }, async (stage) => {
    const one = await stage.registeredUe();
    await attempt(one, await stage.session(one));
    const [identity] = identitiesOnPath(one.captured);
    if (identity === undefined) throw new Error('no ClientHello was captured');
    return { identity, supi: one.supi };
  });
}

/** Sessions over both accesses until one COUNT was used on each: whether the two keys are equal. */
export function sameCountOnBoth(
  options: StageOptions,
): Promise<{ readonly count: number; readonly same: boolean }> {
  return Stage.with(options, async (stage) => {
    const one = await stage.registeredUe();
    const keys = { '3gpp': new Map<number, Uint8Array>(), 'non-3gpp': new Map() };
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const access of ['3gpp', 'non-3gpp'] as const) {
        const { count, key } = await keyOver(stage, one, access);
        keys[access].set(count, key);
        const other = keys[access === '3gpp' ? 'non-3gpp' : '3gpp'].get(count);
        if (other !== undefined) return { count, same: equalBytes(other, key) };
      }
    }
    throw new Error('no COUNT came on both accesses');
  });
}

async function keyOver(stage: Stage, one: StageUe, access: '3gpp' | 'non-3gpp') {
  const { session, psk } = await stage.session(one, { access });
  const { ulNasCount: count } = session;
  await stage.release(one, session);
  return { count, key: psk.key };
}

function oldKeyDuringRekey(
  solution: string,
  variant: string,
): Promise<{ readonly sameKid: boolean; readonly oldAccepted: boolean }> {
  const core = { onKAmfChange: 'rekey', rekey: 'make-before-break' };
  return Stage.with({ solution, variant, core }, async (stage) => {
    const one = await stage.registeredUe();
    const old = await stage.session(one);
    await attempt(one, old);
    await stage.amf('reauthenticate', one.supi);
    await until(() => !equalBytes(old.session.psk?.key ?? old.psk.key, old.psk.key));
    const { accepted } = await attempt(one, old);
    return {
      sameKid: equalBytes(old.session.psk?.kid ?? old.psk.kid, old.psk.kid),
      oldAccepted: accepted,
    };
  });
}
