import { type ModificationRequest, SmCause, type SmMessage } from '@mpquic/nas';
import type { PskDelivery } from '@mpquic/pfcp';
import { SbiProblem } from '../sbi/problem.ts';
import { atsssContainerFor, type SteeringModeName } from './atsss.ts';
import { N4Failure, N4Session } from './n4-session.ts';
import { installByModification, installHeld, isSupplied, recordPsk } from './psk-installation.ts';
import { pskIndication, requestKeyFromAmf } from './psk-supply.ts';
import { SessionRejection, type SmfEnvironment } from './smf-environment.ts';
import type { InstalledPsk, SmfSession } from './smf-session.ts';
import { atsssRulesFor } from './traffic-rule.ts';
import { sendToUe } from './ue-signalling.ts';
import type { UpfAssociation } from './upf-association.ts';

/**
 * A new PSK for a session: asked of the AMF and brought to the UPF, beside the old one or instead of it.
 * With solution #6 the AMF tells the UE; otherwise the UE knows by itself, or is told by `announce`.
 * @param ueMustBeReachable whether a UE that is CM-IDLE, and so cannot be told, keeps its key
 */
export async function renewKey(
  smf: SmfEnvironment,
  session: SmfSession,
  ueMustBeReachable = false,
): Promise<void> {
  const { ueNotice } = smf.settings.selected.solution;
  const pushes = ueNotice.message === 'dl_nas_transport';
  const previous = session.psk;
  const pushGeneration = pushes ? session.generation + 1 : undefined;
  session.hold(await requestKeyFromAmf(smf, session, { pushGeneration, ueMustBeReachable }));
  await installByModification(smf, session);
  if (previous !== undefined) recordPsk(smf, session, previous.kid, 'superseded', 'renewed');
}

/** The UE asks for a new key. @throws {SessionRejection} where the solution has no such procedure */
export async function renewAtWishOfUe(
  smf: SmfEnvironment,
  session: SmfSession,
  request: ModificationRequest,
): Promise<void> {
  if (smf.settings.selected.solution.update.trigger !== 'on_request') {
    throw new SessionRejection(
      SmCause.serviceOptionNotSupported,
      'the solution has no renewal on request',
    );
  }
  await renewKey(smf, session);
  await announce(smf, session, request.procedureTransactionId);
}

/** PDU SESSION MODIFICATION COMMAND with what the UE must know of the key and the proxy in use. */
async function announce(
  smf: SmfEnvironment,
  session: SmfSession,
  procedureTransactionId: number,
): Promise<void> {
  const { pduSessionId, n4 } = session;
  const rules = atsssRulesFor(smf.settings.trafficRules);
  const pushes = smf.settings.selected.solution.ueNotice.message === 'dl_nas_transport';
  const command: SmMessage = {
    type: 'modificationCommand',
    pduSessionId,
    procedureTransactionId,
    // Where the AMF sends the key itself, parameters would only have the UE derive another one.
    ...(pushes ? {} : { configuration: [pskIndication(smf, session)] }),
    ...(n4 === undefined || n4.mpquic.length === 0
      ? {}
      : { atsss: atsssContainerFor(session.steeringMode, n4.mpquic, rules) }),
  };
  await sendToUe(smf, session, command);
}

/** A new key because the network wants it: the UE derives again where nothing is pushed to it. */
export async function renewAtWishOfNetwork(
  smf: SmfEnvironment,
  session: SmfSession,
): Promise<void> {
  if (!isSupplied(smf, session)) throw notApplicable();
  await renewKey(smf, session, true);
  if (smf.settings.selected.solution.ueNotice.message !== 'dl_nas_transport') {
    await announce(smf, session, 0);
  }
}

/** Another steering mode for a session: N4 rules first, then the ATSSS rules of the UE. TS 23.502 §4.22.3 */
export async function steer(
  smf: SmfEnvironment,
  session: SmfSession,
  steeringMode: SteeringModeName,
): Promise<void> {
  if (session.n4 === undefined || !session.usesMpquic) throw notApplicable();
  await session.n4.modify({ steeringMode });
  session.steeringMode = steeringMode;
  await announce(smf, session, 0);
}

/** The UPF forgets the key of a session, which goes on without one. */
export async function deleteKey(smf: SmfEnvironment, session: SmfSession): Promise<void> {
  const { n4, psk } = session;
  if (n4 === undefined || psk === undefined) throw notApplicable();
  const flags = { operation: 'delete', keepOldUntilUsed: false } as const;
  await n4.modify({ psk: { kid: psk.kid, flags, generation: psk.generation } });
  session.psk = undefined;
  recordPsk(smf, session, psk.kid, 'deleted', 'K_AMF changed');
  smf.metrics.pskDeleted.inc({ reason: 'K_AMF changed' });
}

/**
 * Moves a session to another UPF of the set: a new N4 session with a key derived anew, then the UE is told
 * of the proxy, then the old N4 session and its PSK are deleted, at once or when the UE had time to move.
 */
export async function relocate(smf: SmfEnvironment, session: SmfSession): Promise<void> {
  const { n4: old, psk: oldPsk } = session;
  if (old === undefined) throw notApplicable();
  const upf = smf.upfs.select(old.association);
  session.selectedUpfId = upf.upfId;
  session.psk = undefined;
  try {
    await establishAt(smf, session, upf);
    await announce(smf, session, 0);
  } catch (error) {
    // A UE that was not told stays where it is, and nothing stays at the other UPF.
    const { n4: abandoned } = session;
    session.n4 = old;
    session.psk = oldPsk;
    session.selectedUpfId = old.upfId;
    session.hold(undefined);
    if (abandoned !== undefined && abandoned !== old) await deleteOrReport(smf, abandoned);
    throw error;
  }
  const { relocationOverlapMs } = smf.settings;
  const end = (left: N4Session) => endRelocation(smf, session, left, oldPsk);
  if (relocationOverlapMs > 0) session.leave(old, relocationOverlapMs, (left) => void end(left));
  else await end(old);
}

/**
 * The session at another UPF, with a key derived anew. Keys stay bound to the address that the UE was told: no message
 * brings it another one.
 */
async function establishAt(
  smf: SmfEnvironment,
  session: SmfSession,
  upf: UpfAssociation,
): Promise<void> {
  const { delivery } = smf.settings.selected;
  const { reference, supi, dnn } = session;
  const { trafficRules } = smf.settings;
  const steeringMode = session.usesMpquic ? session.steeringMode : undefined;
  const establishN4 = async (psk: PskDelivery | undefined): Promise<void> => {
    const request = { reference, supi, dnn, steeringMode, trafficRules, psk };
    session.n4 = await N4Session.establish(upf, request);
  };
  const supplied = isSupplied(smf, session) && delivery.keyRequest !== 'upf_on_demand';
  if (supplied) session.hold(await requestKeyFromAmf(smf, session));
  if (supplied && delivery.installation === 'session_establishment_request') {
    await installHeld(smf, session, establishN4);
  } else {
    await establishN4(undefined);
    await installByModification(smf, session);
  }
}

/** The old UPF deletes its session, and with it the PSK there. */
async function endRelocation(
  smf: SmfEnvironment,
  session: SmfSession,
  old: N4Session,
  oldPsk: InstalledPsk | undefined,
): Promise<void> {
  await deleteOrReport(smf, old);
  if (oldPsk !== undefined) recordPsk(smf, session, oldPsk.kid, 'deleted', 'relocation');
}

async function deleteOrReport({ logger }: SmfEnvironment, n4: N4Session): Promise<void> {
  try {
    await n4.delete();
  } catch (error) {
    if (!(error instanceof N4Failure)) throw error;
    logger.warn({ upf: n4.upfId, reason: error.message }, 'N4 session was not deleted');
  }
}

function notApplicable(): SbiProblem {
  return new SbiProblem(403, 'SOLUTION_NOT_APPLICABLE', 'the session has no PSK of the core');
}
