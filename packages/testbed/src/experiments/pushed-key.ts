/** D17 to D20: Solution #6, which sends the key instead of its inputs. */
import { exposureOf } from '@mpquic/core';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { findSolution } from '@mpquic/keys';
import { fromUtf8, utf8 } from '@mpquic/wire';
import { attempt, withKey } from './attempt.ts';
import { identitiesOnPath } from './eavesdropper.ts';
import { type Evidence, type Experiment, seen, verdictOf } from './experiment.ts';
import { pskAtUpf } from './impostor.ts';
import { measureOutage, type Order, type Outage, updates } from './key-outage.ts';
import { type AsCiphering, octetsOnTheAir } from './radio.ts';
import { Stage } from './stage.ts';
import { SERVING_NETWORK, upfId } from './stage-roles.ts';

export const pushedKeyExperiments: readonly Experiment[] = [
  {
    id: 'D17',
    title: 'with the SUPI as "identifier of the UE" the ClientHello names the subscriber in clear',
    solutions: ['6'],
    why: 'step 6 sends the UPF "an identifier of the UE" beside the key, and TLS sends it in clear.',
    mitigation: 'an opaque KID from the same random number, as the testbed sends it by default',
    run: async () => {
      const run = await identitiesOfSolution6();
      return verdictOf(
        run.literal === run.supi,
        [
          seen('identity read on the path, SUPI taken as the identifier', run.literal),
          seen('identity read on the path, opaque KID', run.opaque),
        ],
        !run.opaque.includes(run.supi),
      );
    },
  },
  {
    id: 'D18',
    title: 'with NEA0 the access node, and whoever reads N1, gets the key of step 5b',
    solutions: ['6'],
    why: 'the text relies on AS security, but step 5b is a NAS message: AS ciphering ends at the gNB, and only NAS ciphering protects the key from it.',
    mitigation: 'NAS ciphering (NEA2), or the random number instead of the key (D19)',
    run: async () => {
      const cells = await protectionMatrix('push-key');
      const far = await readersOfKey('push-key', { nas: 'nea0', as: 'nea2', access: 'non-3gpp' });
      const unciphered = cells.filter(({ nas }) => nas === 'nea0');
      const ciphered = cells.filter(({ nas }) => nas === 'nea2');
      return verdictOf(
        unciphered.every(({ readers }) => readers.includes('gNB')) &&
          ciphered.every(({ readers }) => readers.length === 0),
        [
          ...cells.map(describeCell),
          seen('read by, NAS NEA0, session over non-3GPP access', describeReaders(far)),
        ],
        ciphered.every(({ readers }) => readers.length === 0),
      );
    },
  },
  {
    id: 'D19',
    title:
      'sending the random number instead of the key keeps it from the access node, even with NEA0',
    solutions: ['6'],
    why: 'it closes D18 at no cost in messages: the UE has K_AMF and derives the key itself.',
    mitigation: 'this is the mitigation (variant push-rand)',
    run: async () => {
      const random = await protectionMatrix('push-rand');
      const key = await readersOfKey('push-key', { nas: 'nea0', as: 'nea0', access: '3gpp' });
      return verdictOf(random.every(({ readers }) => readers.length === 0) && key.length > 0, [
        ...random.map(describeCell),
        seen('read by, key sent instead, AS NEA0, NAS NEA0', describeReaders(key)),
      ]);
    },
  },
  {
    id: 'D20',
    title: 'graceful termination before the new connection leaves the UE without one for a while',
    solutions: ['6'],
    why: 'step 6 ends the old connection, step 7 sets up the new one: traffic has a gap at each update.',
    mitigation: 'make before break: the old key stays until the new one is used',
    run: async () => {
      const gap = await outageOf('graceful-gap');
      const overlap = await outageOf('make-before-break');
      return verdictOf(
        gap.broken && gap.ms > 0,
        [
          seen('graceful gap: ms without a connection', Number(gap.ms.toFixed(2))),
          seen('make before break: ms without a connection', Number(overlap.ms.toFixed(2))),
          seen(
            'make before break: ms until the new connection',
            Number(overlap.totalMs.toFixed(2)),
          ),
        ],
        !overlap.broken,
      );
    },
  },
];

function identitiesOfSolution6(): Promise<{
  readonly supi: string;
  readonly literal: string;
  readonly opaque: string;
}> {
  return Stage.with({ solution: '6' }, async (stage) => {
    const one = await stage.registeredUe();
    const made = await stage.session(one);
    await attempt(one, made);
    const literal = withKey(made, { kid: utf8(one.supi) });
    const { pduSessionId } = made.session;
    // What the UPF has where the SMF takes the SUPI for the identifier.
    stage.upf.registry.install({
      psk: pskAtUpf(literal.psk, { pduSessionId, upfId: upfId(0) }),
      solution: '6',
      variant: 'push-key',
      session: undefined,
      generation: 1,
      lifetime: undefined,
      keepOldUntilUsed: false,
    });
    await attempt(one, literal);
    const [opaque, clear] = identitiesOnPath(one.captured);
    return {
      supi: one.supi,
      literal: readable(clear),
      opaque: Buffer.from(opaque ?? []).toString('hex'),
    };
  });
}

function readable(identity: Uint8Array | undefined): string {
  return identity === undefined ? '' : fromUtf8(identity);
}

/** Ciphering of the radio bearers, and of NAS. */
interface Protection {
  readonly as: AsCiphering;
  readonly nas: 'nea0' | 'nea2';
  readonly access: '3gpp' | 'non-3gpp';
}

type Reader = 'air' | 'gNB' | 'N3IWF';

interface MatrixCell extends Protection {
  readonly readers: readonly Reader[];
}

/** AS ciphering off and on, NAS ciphering off and on: who reads the PSK, each in a run of its own. */
async function protectionMatrix(variant: string): Promise<MatrixCell[]> {
  const cells: MatrixCell[] = [];
  for (const nas of ['nea0', 'nea2'] as const) {
    for (const as of ['nea0', 'nea2'] as const) {
      const protection = { as, nas, access: '3gpp' } as const;
      cells.push({ ...protection, readers: await readersOfKey(variant, protection) });
    }
  }
  return cells;
}

/** Who, of those between UE and AMF, has the PSK from the messages that passed. */
function readersOfKey(variant: string, { as, nas, access }: Protection): Promise<Reader[]> {
  return Stage.with({ solution: '6', variant, core: { ciphering: [nas] } }, async (stage) => {
    const one = await stage.registeredUe();
    const { psk, session } = await stage.session(one, { access });
    const { events } = stage.events;
    const exposure = exposureOf({
      crypto: nodeCryptoProvider,
      events,
      psk: psk.key,
      solution: findSolution('6'),
      variant,
      servingNetworkName: SERVING_NETWORK,
      inputs: { supi: one.supi, pduSessionId: session.pduSessionId },
    });
    const wanted = Buffer.from(psk.key);
    const onAir = octetsOnTheAir(events, as).some((pdu) => Buffer.from(pdu).includes(wanted));
    return [
      ...(onAir ? ['air' as const] : []),
      ...(exposure.gnb === 'no' ? [] : ['gNB' as const]),
      ...(exposure.n3iwf === 'no' ? [] : ['N3IWF' as const]),
    ];
  });
}

function describeCell({ as, nas, readers }: MatrixCell): Evidence {
  const protection = `AS ${as.toUpperCase()}, NAS ${nas.toUpperCase()}`;
  return seen(`read by, ${protection}`, describeReaders(readers));
}

function describeReaders(readers: readonly Reader[]): string {
  if (readers.length === 0) return 'nobody';
  // What the gNB passes on goes over N2 in the same octets.
  return readers.map((reader) => (reader === 'gNB' ? 'gNB and N2 tap' : reader)).join(', ');
}

function outageOf(rekey: 'graceful-gap' | 'make-before-break'): Promise<Outage> {
  return Stage.with({ solution: '6', core: { rekey } }, async (stage) => {
    const one = await stage.registeredUe();
    const order: Order = rekey === 'graceful-gap' ? 'break first' : 'make first';
    const update = updates.onRequest;
    return measureOutage(stage, one, await stage.session(one), { update, order });
  });
}
