import { findSolution } from '@mpquic/keys';
import { equalBytes } from '@mpquic/wire';
import { sameCountOnBoth } from '../experiments/count-and-kid.ts';
import { measureOutage, type Order, type Outage, updates } from '../experiments/key-outage.ts';
import { Stage } from '../experiments/stage.ts';

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

/** Three derived sessions and two updates of one solution. */
export async function measureKeyLife(solution: string, variant: string): Promise<KeyLife> {
  const { same } = await sameCountOnBoth(solution, variant);
  return {
    reestablished: await reestablish(solution, variant),
    otherAccess: same ? 'same' : 'new',
    update: await measureUpdate(solution, variant),
  };
}

function reestablish(solution: string, variant: string): Promise<Freshness> {
  return Stage.with({ solution, variant }, async (stage) => {
    const one = await stage.registeredUe();
    const first = await stage.session(one);
    await stage.release(one, first.session);
    const second = await stage.session(one);
    return equalBytes(first.psk.key, second.psk.key) ? 'same' : 'new';
  });
}

async function measureUpdate(solution: string, variant: string): Promise<UpdateMeasure | null> {
  const { update } = findSolution(solution);
  // Nothing but provisioning anew changes the key of #Y.
  if (solution === 'Y') return null;
  const [renewal, trigger] = {
    idle_to_connected: [updates.idleToConnected, 'CM-IDLE to CM-CONNECTED'] as const,
    on_request: [updates.onRequest, 'request of the UE'] as const,
    none: [updates.newKAmf, 're-authentication'] as const,
  }[update.trigger];
  const outage = (order: Order): Promise<Outage> =>
    Stage.with({ solution, variant, core: { onKAmfChange: 'rekey' } }, async (stage) => {
      const one = await stage.registeredUe();
      return measureOutage(stage, one, await stage.session(one), { update: renewal, order });
    });
  const makeFirst = await outage('make first');
  const breakFirst = await outage('break first');
  return {
    procedure: update.trigger === 'none' ? 'testbed' : 'study',
    trigger,
    key: makeFirst.key,
    outageMs: { makeFirst: makeFirst.ms, breakFirst: breakFirst.ms },
  };
}
