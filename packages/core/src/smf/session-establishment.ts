import { MATCH_ALL, PduSessionType, QosOperation, SmCause, type SmMessage } from '@mpquic/nas';
import type { PskDelivery } from '@mpquic/pfcp';
import type { AccessName } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import { SbiProblem } from '../sbi/problem.ts';
import { atsssContainerFor } from './atsss.ts';
import { N4Failure, N4Session } from './n4-session.ts';
import { fetchKeyAt, installByModification, installHeld, isSupplied } from './psk-installation.ts';
import { pskIndication } from './psk-supply.ts';
import { rejectionOf } from './session-request.ts';
import type { SmfEnvironment } from './smf-environment.ts';
import type { SmfSession } from './smf-session.ts';
import { atsssRulesFor, qosFor } from './traffic-rule.ts';
import { notifyReleased, sendToUe } from './ue-signalling.ts';

/**
 * Sets a session up, from the selection of the UPF to the Accept: TS 23.502 §4.22.2.1 steps 8 to 13 with
 * the key request, derivation and installation where the table of the solution puts them.
 */
export async function establish(smf: SmfEnvironment, session: SmfSession): Promise<void> {
  const started = smf.clock();
  try {
    await setUpUserPlane(smf, session);
    await sendToUe(smf, session, acceptFor(smf, session), {
      setsUpAccess: true,
      maAccepted: session.multiAccess,
    });
    session.state = 'active';
    smf.metrics.sessions.inc({ result: 'accepted' });
    smf.metrics.sessionSeconds.observe((smf.clock() - started) / 1e6);
    for (const access of session.accesses) {
      if (access !== session.access) await extendTo(smf, session, access);
    }
  } catch (error) {
    smf.metrics.sessions.inc({ result: 'rejected' });
    await giveUp(smf, session, error);
  }
}

/** N4 session, address, and the PSK as far as it is installed before the Accept. */
async function setUpUserPlane(smf: SmfEnvironment, session: SmfSession): Promise<void> {
  const { delivery } = smf.settings.selected;
  const upf = smf.upfs.select();
  const establishN4 = async (psk: PskDelivery | undefined): Promise<void> => {
    const steeringMode = session.usesMpquic ? session.steeringMode : undefined;
    session.n4 = await N4Session.establish(upf, {
      reference: session.reference,
      supi: session.supi,
      dnn: session.dnn,
      steeringMode,
      trafficRules: smf.settings.trafficRules,
      psk,
    });
    session.ueIp = session.n4.ueIp;
  };
  session.selectedUpfId = upf.upfId;
  await fetchKeyAt(smf, session, 'smf_before_n4');
  const withEstablishment =
    isSupplied(smf, session) && delivery.installation === 'session_establishment_request';
  if (withEstablishment) await installHeld(smf, session, establishN4);
  else await establishN4(undefined);
  await fetchKeyAt(smf, session, 'smf_after_n4');
  if (delivery.installsAfterAccept !== true) await installByModification(smf, session);
}

/**
 * The access node has set its resources up, TS 23.502 §4.22.2.1 step 15: solution #3 derives at step 12
 * and installs at step 13.
 */
export async function accessIsUp(smf: SmfEnvironment, session: SmfSession): Promise<void> {
  if (session.n4 === undefined || session.psk !== undefined) return;
  await fetchKeyAt(smf, session, 'smf_after_accept');
  await installByModification(smf, session);
}

/** Resources over the other access: an N2 request without N1. TS 23.502 §4.22.2.1 after step 18 */
async function extendTo(
  smf: SmfEnvironment,
  session: SmfSession,
  access: AccessName,
): Promise<void> {
  try {
    const options = { targetAccess: access, setsUpAccess: true, maAccepted: true };
    await sendToUe(smf, session, undefined, options);
  } catch (error) {
    if (!(error instanceof SbiProblem)) throw error;
    smf.logger.info({ access, reason: error.message }, 'no resources over the other access');
  }
}

/** PDU SESSION ESTABLISHMENT ACCEPT. TS 24.501 §6.4.1.3 */
export function acceptFor(smf: SmfEnvironment, session: SmfSession): SmMessage {
  const { n4, pduSessionId, procedureTransactionId, ueIp, dnn } = session;
  const { snssai, trafficRules, indicatesPsk } = smf.settings;
  const { qosRules, qosFlows } = qosFor(session.usesMpquic ? trafficRules : []);
  return {
    type: 'establishmentAccept',
    pduSessionId,
    procedureTransactionId,
    pduSessionType: PduSessionType.ipv4,
    sscMode: 1,
    qosRules: [DEFAULT_QOS_RULE, ...qosRules],
    ...(qosFlows.length === 0 ? {} : { qosFlows }),
    sessionAmbr: { downlinkKbps: 1_000_000, uplinkKbps: 1_000_000 },
    ...(session.onlyIpv4 ? { cause: SmCause.ipv4OnlyAllowed } : {}),
    ...(ueIp === undefined ? {} : { pduAddress: { ipv4: ueIp } }),
    snssai,
    dnn,
    ...(session.usesMpquic && indicatesPsk ? { configuration: [pskIndication(smf, session)] } : {}),
    ...(n4 === undefined || n4.mpquic.length === 0
      ? {}
      : { atsss: atsssContainerFor(session.steeringMode, n4.mpquic, atsssRulesFor(trafficRules)) }),
  };
}

const BOTH_WAYS = 3;
const DEFAULT_QOS_RULE = {
  identifier: 1,
  operation: QosOperation.create,
  isDefault: true,
  filters: [{ identifier: 1, direction: BOTH_WAYS, components: MATCH_ALL }],
  precedence: 255,
  qfi: 1,
} as const;

/** Undoes what was set up, and tells the UE why. */
async function giveUp(smf: SmfEnvironment, session: SmfSession, error: unknown): Promise<void> {
  const { cause, message } = rejectionOf(error);
  smf.logger.warn({ pduSessionId: session.pduSessionId, reason: message }, 'session refused');
  await session.n4?.delete().catch((failure: unknown) => {
    if (!(failure instanceof N4Failure)) throw failure;
  });
  smf.sessions.remove(session);
  const { pduSessionId, procedureTransactionId } = session;
  try {
    await sendToUe(smf, session, {
      type: 'establishmentReject',
      pduSessionId,
      procedureTransactionId,
      cause,
    });
  } catch (failure) {
    if (!(failure instanceof SbiProblem)) throw failure;
  }
  await notifyReleased(smf, session);
}

/** A name for an SM context that nobody can guess. */
export function newReference({ crypto }: SmfEnvironment): string {
  return toHex(crypto.random.fill(new Uint8Array(12)));
}
