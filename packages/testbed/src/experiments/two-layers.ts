/** D14 to D16: Solution #5 as it is printed. */
import { randomUUID } from 'node:crypto';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { deriveSolution, findSolution } from '@mpquic/keys';
import { UeFailure } from '@mpquic/ue-agent';
import { equalBytes, fromHex } from '@mpquic/wire';
import { attempt, withKey } from './attempt.ts';
import { type Evidence, type Experiment, seen, verdictOf } from './experiment.ts';
import { Impostor, pskAtUpf } from './impostor.ts';
import { kept, Stage } from './stage.ts';
import { upfId } from './stage-roles.ts';

const SOLUTION = findSolution('5');
const READINGS = [
  'literal',
  'literal-l0-0005',
  'literal-truncated-p0',
  'literal-one-octet-count',
] as const;

export const twoLayerExperiments: readonly Experiment[] = [
  {
    id: 'D14',
    title: 'two sessions of a UE have one Key ID and different keys: the second cannot be set up',
    solutions: ['5'],
    why: 'the Key ID does not depend on the PDU session, so the UPF cannot find the right key by it.',
    mitigation: 'a COUNT per request in K_SMF, or the PDU session ID in the Key ID',
    run: async () => {
      const weak = await secondSession('literal');
      const hardened = await secondSession('fresh');
      return verdictOf(
        !weak.works,
        [
          seen('second session, COUNT 0 (literal)', weak.detail),
          seen('second session, COUNT of the request (fresh)', hardened.detail),
        ],
        hardened.works,
      );
    },
  },
  {
    id: 'D15',
    title: 'an SMF computes the PSK of a session that another SMF serves',
    solutions: ['5'],
    why: 'the two layers are to isolate SMFs; with COUNT 0 every SMF gets the same K_SMF of a UE.',
    mitigation: 'the COUNT of the request, or the identity of the SMF, as an input of K_SMF',
    run: async () => {
      const weak = await smfAgainstSmf('literal');
      const hardened = await smfAgainstSmf('fresh');
      return verdictOf(
        weak.sameKSmf && weak.posed,
        [
          seen('K_SMF of the other SMF', weak.sameKSmf ? 'the same' : 'another'),
          seen('first SMF poses as the UPF of the other session', weak.posed),
          seen('K_SMF of the other SMF, fresh', hardened.sameKSmf ? 'the same' : 'another'),
          seen('the same attack, fresh', hardened.posed),
        ],
        !hardened.sameKSmf && !hardened.posed,
      );
    },
  },
  {
    id: 'D16',
    title: 'readings of L0 and COUNT do not interwork',
    solutions: ['5'],
    why: 'the study prints L0 = 0005 for 10 octets and a COUNT without a width: vendors will differ.',
    mitigation: 'one reading in the text: L0 = 000a, COUNT of 4 octets',
    run: async () => {
      const evidence: Evidence[] = [];
      let mixed = 0;
      let equal = 0;
      for (const network of READINGS) {
        const accepted = await readingsAccepted(network);
        for (const ue of accepted) {
          if (ue === network) equal += 1;
          else mixed += 1;
        }
        evidence.push(seen(`network reads ${network}; accepted UEs read`, accepted.join(', ')));
      }
      const works = equal === READINGS.length;
      return verdictOf(works && mixed === 0, evidence, works);
    },
  },
];

function secondSession(
  variant: string,
): Promise<{ readonly works: boolean; readonly detail: string }> {
  return Stage.with({ solution: '5', variant }, async (stage) => {
    const one = await stage.registeredUe();
    await stage.session(one);
    try {
      const second = await stage.session(one, { pduSessionId: 6 });
      const { accepted, detail } = await attempt(one, second);
      return { works: accepted, detail: accepted ? 'accepted' : detail };
    } catch (error) {
      if (!(error instanceof UeFailure)) throw error;
      return { works: false, detail: error.message };
    }
  });
}

interface SmfAttack {
  readonly sameKSmf: boolean;
  readonly posed: boolean;
}

function smfAgainstSmf(variant: string): Promise<SmfAttack> {
  return Stage.with({ solution: '5', variant }, async (stage) => {
    const one = await stage.registeredUe();
    const first = await stage.session(one);
    const kSmf = receivedKSmf(stage);
    await stage.release(one, first.session);
    const second = await stage.session(one, { pduSessionId: 6 });
    // The AMF is asked for the second session in the name of an SMF with another instance ID.
    const { body } = await stage.core.sbi.call('amf', {
      method: 'POST',
      path: `/x-testbed-namf-mpquic/v1/ue-contexts/imsi-${one.supi}/keys`,
      body: { solution: '5', variant, pduSessionId: 6, smfInstanceId: randomUUID() },
    });
    const other = fromHex((body as { readonly key: string }).key);
    const derived = deriveSolution(nodeCryptoProvider, SOLUTION, variant, {
      keys: { K_SMF: kSmf },
      supi: one.supi,
      pduSessionId: 6,
      ulNasCount: 0,
    });
    const known = withKey(second, { key: derived.psk });
    const impostor = await Impostor.listen(
      pskAtUpf(known.psk, { pduSessionId: 6, upfId: upfId(0) }),
    );
    try {
      const { accepted } = await attempt(one, second, { vias: { '3gpp': impostor.address } });
      return { sameKSmf: equalBytes(other, kSmf), posed: accepted };
    } finally {
      await impostor.close();
    }
  });
}

function receivedKSmf({ events }: Stage): Uint8Array {
  const event = events.events.find(
    (candidate) =>
      candidate.type === 'key_received' && candidate.holder === 'smf' && candidate.name === 'K_SMF',
  );
  if (event?.type !== 'key_received') throw new Error('the SMF got no K_SMF');
  return event.value;
}

/** Which readings of a UE this network lets in. */
function readingsAccepted(network: string): Promise<string[]> {
  return Stage.with({ solution: '5', variant: network }, async (stage) => {
    const one = await stage.registeredUe();
    const session = await one.ue.establishSession(5, '3gpp');
    const psk = kept(await one.ue.derivePsk(session));
    const kAmf = newestKAmf(stage);
    const accepted: string[] = [];
    for (const reading of READINGS) {
      const derived = deriveSolution(nodeCryptoProvider, SOLUTION, reading, {
        keys: { K_AMF: kAmf },
        supi: one.supi,
        pduSessionId: session.pduSessionId,
      });
      const other = withKey({ session, psk }, { key: derived.psk, kid: derived.kid });
      if ((await attempt(one, other)).accepted) accepted.push(reading);
    }
    return accepted;
  });
}

function newestKAmf({ events }: Stage): Uint8Array {
  const keys = events.events.filter((event) => event.type === 'key');
  const kAmf = keys.findLast(({ holder, name }) => holder === 'ue' && name === 'K_AMF');
  if (kAmf === undefined) throw new Error('the UE has no K_AMF');
  return kAmf.value;
}
