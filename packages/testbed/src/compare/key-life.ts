import { findSolution } from '@mpquic/keys';
import { equalBytes } from '@mpquic/wire';
import { sameCountOnBoth } from '../experiments/count-and-kid.ts';
import { measureOutage, type Order, type Outage, updates } from '../experiments/key-outage.ts';
import { Stage } from '../experiments/stage.ts';
import { type Latencies, median, onLatentStage } from './latent-stage.ts';
import type { Subject } from './subject.ts';

export type Freshness = 'new' | 'same';

/** An update of the key while a connection is in use. */
export interface UpdateMeasure {
  /** Whose procedure it is: the study's, or the testbed's policy where the study has none. */
  readonly procedure: 'study' | 'testbed';
  readonly trigger: string;
  readonly key: Freshness;
  /** Milliseconds without a connection: the new one first, or the old one ended first. */
  readonly outageMs: { readonly makeFirst: number; readonly breakFirst: number };
}

/** What becomes of a key. */
export interface KeyLife {
  /** The same PDU session ID again, under the same K_AMF. */
  readonly reestablished: Freshness;
  /** The same PDU session ID and COUNT over the other access. */
  readonly otherAccess: Freshness;
  /** null where nothing updates the key. */
  readonly update: UpdateMeasure | null;
}

interface LifeOptions {
  readonly latencies: Latencies;
  /** Updates for each outage, of which the median counts. */
  readonly repeat: number;
}

/** Derived sessions one after the other, and updates, of one solution. */
export async function measureKeyLife(subject: Subject, options: LifeOptions): Promise<KeyLife> {
  const { same } = await sameCountOnBoth(subject);
  return {
    reestablished: await reestablish(subject),
    otherAccess: same ? 'same' : 'new',
    update: await measureUpdate(subject, options),
  };
}

function reestablish(subject: Subject): Promise<Freshness> {
  return Stage.with(subject, async (stage) => {
    const one = await stage.registeredUe();
    const first = await stage.session(one);
    await stage.release(one, first.session);
    const second = await stage.session(one);
    return equalBytes(first.psk.key, second.psk.key) ? 'same' : 'new';
  });
}

async function measureUpdate(
  subject: Subject,
  { latencies, repeat }: LifeOptions,
): Promise<UpdateMeasure | null> {
  const { update } = findSolution(subject.solution);
  // Nothing but provisioning anew changes the key of #Y.
  if (subject.solution === 'Y') return null;
  const [renewal, trigger] = {
    idle_to_connected: [updates.idleToConnected, 'CM-IDLE to CM-CONNECTED'] as const,
    on_request: [updates.onRequest, 'request of the UE'] as const,
    none: [updates.newKAmf, 're-authentication'] as const,
  }[update.trigger];
  const core = { onKAmfChange: 'rekey' };
  const outage = (order: Order): Promise<Outage> =>
    onLatentStage({ ...subject, core }, latencies, async (stage, one) =>
      measureOutage(stage, one, await stage.session(one), { update: renewal, order }),
    );
  const makeFirst = await series(repeat, () => outage('make first'));
  const breakFirst = await series(repeat, () => outage('break first'));
  return {
    procedure: update.trigger === 'none' ? 'testbed' : 'study',
    trigger,
    key: makeFirst.every(({ key }) => key === 'new') ? 'new' : 'same',
    outageMs: {
      makeFirst: median(makeFirst.map(({ ms }) => ms)),
      breakFirst: median(breakFirst.map(({ ms }) => ms)),
    },
  };
}

/** So many runs, one after the other. */
async function series<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < count) results.push(await run());
  return results;
}
