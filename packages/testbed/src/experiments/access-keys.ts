/** D1 to D3: Solution #1 and the keys of the access network. */
import { nodeCryptoProvider } from '@mpquic/crypto';
import { deriveSolution, findSolution } from '@mpquic/keys';
import { equalBytes } from '@mpquic/wire';
import { type Attempt, attempt } from './attempt.ts';
import { identitiesOnPath } from './eavesdropper.ts';
import { type Experiment, seen, verdictOf } from './experiment.ts';
import { Impostor, pskAtUpf } from './impostor.ts';
import { Stage, type StageSession, type StageUe, until } from './stage.ts';
import { upfId } from './stage-roles.ts';

const TARGET = { physicalCellId: 3, downlinkFrequency: 632_628 };
/** NAS COUNTs that a gNB tries: it sees NAS only ciphered. */
const GUESSED_COUNTS = 64;

export const accessKeyExperiments: readonly Experiment[] = [
  {
    id: 'D1',
    title: 'after an Xn handover UE and AMF derive different PSKs, and the UPF refuses the UE',
    solutions: ['1'],
    why: 'K_gNB changes at the gNB and the UE without the AMF; every session after a handover fails.',
    mitigation: 'derive from K_AMF (variant k-amf), which no handover changes',
    run: async () => {
      const fromKGnb = await handshakeAfterHandover('k-gnb');
      const fromKAmf = await handshakeAfterHandover('k-amf');
      return verdictOf(
        !fromKGnb.accepted,
        [
          seen('K_gNB variant after Xn handover', outcome(fromKGnb)),
          seen('K_AMF variant after Xn handover', outcome(fromKAmf)),
        ],
        fromKAmf.accepted,
      );
    },
  },
  {
    id: 'D2',
    title: 'a gNB computes the PSK from K_gNB and poses as the UPF',
    solutions: ['1'],
    why: 'a base station is the part of the network most exposed to tampering; it must not be able to read or forge user-plane traffic that ends in the UPF.',
    mitigation: 'derive from K_AMF (variant k-amf), which the gNB never gets',
    run: async () => {
      const weak = await gnbAsUpf('k-gnb');
      const hardened = await gnbAsUpf('k-amf');
      return verdictOf(
        weak.posed,
        [
          seen('keys that the gNB holds', weak.keysHeld),
          seen('PSK computed from them, found by the KID on the path', weak.computed),
          seen('UE completes the handshake with the gNB', weak.posed),
          seen('same attack, K_AMF variant: PSK computed', hardened.computed),
        ],
        !hardened.computed,
      );
    },
  },
  {
    id: 'D3',
    title: 'the K_AMF variant closes D1 and D2',
    solutions: ['1'],
    why: 'it shows that one change of the root key removes both weaknesses of the solution.',
    mitigation: 'this is the mitigation',
    run: async () => {
      const handover = await handshakeAfterHandover('k-amf');
      const gnb = await gnbAsUpf('k-amf');
      const literal = await withoutGnb('k-gnb');
      const without = await withoutGnb('k-amf');
      return verdictOf(handover.accepted && !gnb.computed && without.accepted, [
        seen('handshake after Xn handover', outcome(handover)),
        seen('gNB computes the PSK', gnb.computed),
        seen('keys that the gNB holds', gnb.keysHeld),
        seen('registered over non-3GPP access only, K_AMF variant', outcome(without)),
        seen('the same, K_gNB variant with K_N3IWF for K_gNB', outcome(literal)),
      ]);
    },
  },
];

function outcome({ accepted, detail }: Attempt): string {
  return accepted ? 'accepted' : `refused: ${detail}`;
}

function handshakeAfterHandover(variant: string): Promise<Attempt> {
  return Stage.with({ solution: '1', variant }, async (stage) => {
    const one = await stage.registeredUe();
    await stage.amf('hand-over', one.supi, TARGET);
    one.ue.handOver({ ...TARGET, radio: 'gNB' });
    const made = await stage.session(one, { race: true });
    await until(() => stage.upf.registry.size > 0);
    return attempt(one, made);
  });
}

/** A UE that no gNB serves: there is no K_gNB at all. */
function withoutGnb(variant: string): Promise<Attempt> {
  return Stage.with({ solution: '1', variant }, async (stage) => {
    const one = stage.ue();
    await one.ue.register('non-3gpp');
    return attempt(one, await stage.session(one, { access: 'non-3gpp' }));
  });
}

interface GnbAttack {
  readonly keysHeld: number;
  readonly computed: boolean;
  readonly posed: boolean;
}

function gnbAsUpf(variant: string): Promise<GnbAttack> {
  return Stage.with({ solution: '1', variant }, async (stage) => {
    const one = await stage.registeredUe();
    const made = await stage.session(one);
    // The gNB carries the user plane, so it reads the KID of this first, honest handshake.
    await attempt(one, made);
    const keys = keysOfGnb(stage);
    const psk = computedByGnb(variant, keys, one, made);
    if (psk === undefined) return { keysHeld: keys.length, computed: false, posed: false };
    const impostor = await Impostor.listen(psk);
    try {
      const { accepted } = await attempt(one, made, { vias: { '3gpp': impostor.address } });
      return { keysHeld: keys.length, computed: true, posed: accepted && impostor.accepted === 1 };
    } finally {
      await impostor.close();
    }
  });
}

function keysOfGnb({ events }: Stage): Uint8Array[] {
  return events.events.flatMap((event) =>
    (event.type === 'key' || event.type === 'key_received') &&
    event.holder === 'gnb' &&
    event.secret
      ? [event.value]
      : [],
  );
}

/** What the gNB makes of its keys: every COUNT is tried until the KID is the one on the path. */
function computedByGnb(
  variant: string,
  keys: readonly Uint8Array[],
  { captured }: StageUe,
  { session, psk }: StageSession,
) {
  const [identity] = identitiesOnPath(captured);
  if (identity === undefined) return undefined;
  for (const key of keys) {
    for (let count = 0; count < GUESSED_COUNTS; count++) {
      const derived = deriveSolution(nodeCryptoProvider, findSolution('1'), variant, {
        // It has one key and can only hope that this is the root.
        keys: { K_gNB: key, K_AMF: key },
        pduSessionId: session.pduSessionId,
        ulNasCount: count,
        upfId: upfId(0),
      });
      if (!equalBytes(derived.kid, identity)) continue;
      const found = { ...psk, key: derived.psk, kid: derived.kid };
      return pskAtUpf(found, { pduSessionId: session.pduSessionId, upfId: upfId(0) });
    }
  }
  return undefined;
}
