import type { PskDelivery } from '@mpquic/pfcp';
import { wipe } from '@mpquic/wire';
import { pskDeliveryFor, requestKeyFromAmf, type SuppliedPsk, toPsk } from './psk-supply.ts';
import type { SmfEnvironment } from './smf-environment.ts';
import type { SmfSession } from './smf-session.ts';

/** Where in its procedure a session is when the solution's table is asked whether to act. */
export type KeyPoint = 'smf_before_n4' | 'smf_after_n4' | 'smf_after_accept';

/** Whether this session gets a PSK through the core at all. */
export function isSupplied({ settings }: SmfEnvironment, session: SmfSession): boolean {
  return session.usesMpquic && settings.selected.delivery.installation !== 'provisioned';
}

/** Asks for the key at the point that the solution names; it is held until it is installed. */
export async function fetchKeyAt(
  smf: SmfEnvironment,
  session: SmfSession,
  point: KeyPoint,
): Promise<void> {
  if (!isSupplied(smf, session)) return;
  if (smf.settings.selected.delivery.keyRequest !== point) return;
  session.hold(await requestKeyFromAmf(smf, session));
}

/** Runs `install` with the vendor element of the held key; all copies of the key are overwritten after it. */
export async function installHeld(
  smf: SmfEnvironment,
  session: SmfSession,
  install: (delivery: PskDelivery) => Promise<void>,
): Promise<void> {
  const held = session.takeHeld();
  if (held === undefined) return;
  let supplied: SuppliedPsk | undefined;
  let delivery: PskDelivery | undefined;
  try {
    supplied = toPsk(smf, session, held);
    session.generation += 1;
    delivery = pskDeliveryFor(smf, session, supplied);
    await install(delivery);
    const { generation } = session;
    const { kid } = supplied;
    session.psk = { kid, generation };
    smf.metrics.pskInstalled.inc({ solution: smf.settings.selected.solution.id });
    recordPsk(smf, session, kid, 'delivered');
  } finally {
    wipe(held.key);
    if (supplied !== undefined) wipe(supplied.psk);
    delivery?.psk?.dispose();
  }
}

/** Installs the held key by a Session Modification Request. */
export async function installByModification(
  smf: SmfEnvironment,
  session: SmfSession,
): Promise<void> {
  await installHeld(smf, session, async (pskDelivery) => {
    await session.n4?.modify({ psk: pskDelivery });
  });
}

/** Tells reports what became of a PSK; the key is not part of it. */
export function recordPsk(
  { events, settings }: SmfEnvironment,
  session: SmfSession,
  kid: Uint8Array,
  state: 'delivered' | 'deleted' | 'superseded',
  reason?: string,
): void {
  const { solution, variant } = settings.selected;
  events.record({
    type: 'psk',
    holder: 'smf',
    state,
    kid,
    solution: solution.id,
    variant: variant.name,
    pduSessionId: session.pduSessionId,
    ...(reason === undefined ? {} : { reason }),
  });
}
