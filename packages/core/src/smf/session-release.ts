import { SmCause, type SmMessage } from '@mpquic/nas';
import { SbiProblem } from '../sbi/problem.ts';
import { N4Failure } from './n4-session.ts';
import { recordPsk } from './psk-installation.ts';
import type { SmfEnvironment } from './smf-environment.ts';
import type { SmfSession } from './smf-session.ts';
import { notifyReleased, sendToUe } from './ue-signalling.ts';

/** Takes the user plane down; the UPF deletes every PSK of the session with it. */
async function tearDown(smf: SmfEnvironment, session: SmfSession, reason: string): Promise<void> {
  session.hold(undefined);
  session.finishLeaving();
  const { n4, psk } = session;
  session.n4 = undefined;
  session.psk = undefined;
  try {
    await n4?.delete();
  } catch (error) {
    if (!(error instanceof N4Failure)) throw error;
    smf.logger.warn({ upf: n4?.upfId, reason: error.message }, 'N4 session was not deleted');
  }
  if (psk !== undefined) {
    recordPsk(smf, session, psk.kid, 'deleted', reason);
    smf.metrics.pskDeleted.inc({ reason });
  }
}

/** Release at the wish of the UE, or of the network with PTI 0. TS 24.501 §6.3.3, TS 23.502 §4.3.4 */
export async function release(
  smf: SmfEnvironment,
  session: SmfSession,
  cause: number,
  reason: string,
): Promise<void> {
  if (session.state === 'releasing' || session.state === 'released') return;
  session.state = 'releasing';
  await tearDown(smf, session, reason);
  const { pduSessionId, procedureTransactionId } = session;
  const command: SmMessage = {
    type: 'releaseCommand',
    pduSessionId,
    procedureTransactionId,
    cause,
  };
  try {
    await sendToUe(smf, session, command);
  } catch (error) {
    if (!(error instanceof SbiProblem)) throw error;
    await finishRelease(smf, session);
    return;
  }
  // T3592: a UE that does not answer has lost the session anyway.
  setTimeout(() => {
    finishRelease(smf, session).catch(() => undefined);
  }, smf.settings.guardMs).unref();
}

/** The UE confirmed, or is not waited for any longer. */
export async function finishRelease(smf: SmfEnvironment, session: SmfSession): Promise<void> {
  if (session.state === 'released') return;
  smf.sessions.remove(session);
  await notifyReleased(smf, session);
}

/** The AMF forgets the UE: nobody is told. */
export async function releaseQuietly(
  smf: SmfEnvironment,
  session: SmfSession,
  reason: string,
): Promise<void> {
  if (session.state === 'released') return;
  smf.sessions.remove(session);
  await tearDown(smf, session, reason);
}

/** A UPF lost its sessions, and the PSKs with them: the UE is to ask again. TS 23.527 §4.3 */
export async function releaseLost(
  smf: SmfEnvironment,
  session: SmfSession,
  reason: string,
): Promise<void> {
  session.procedureTransactionId = 0;
  await release(smf, session, SmCause.reactivationRequested, reason);
}
