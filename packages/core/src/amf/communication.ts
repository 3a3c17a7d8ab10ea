import { PayloadType } from '@mpquic/nas';
import type { AccessName } from '@mpquic/service';
import { toHex, wipe } from '@mpquic/wire';
import { findPart, type SbiRequest, type SbiResponse } from '../sbi/message.ts';
import { SbiProblem } from '../sbi/problem.ts';
import { boolean, integer, object, oneOf, optional, string } from '../sbi/shape.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import { issueKey, pushToUe } from './key-service.ts';
import { ProcedureAborted } from './nas-connection.ts';
import { updateSmContext } from './session-client.ts';
import type { AmfSession, UeContext } from './ue-context.ts';

/** N1N2MessageTransferReqData. TS 29.518 §6.1.6.2.18 */
const transferData = object({
  pduSessionId: integer(1, 15),
  n1MessageContainer: optional(
    object({ n1MessageClass: oneOf('SM'), n1MessageContent: object({ contentId: string() }) }),
  ),
  n2InfoContainer: optional(object({ n2InformationClass: oneOf('SM') })),
  targetAccess: optional(oneOf('3GPP_ACCESS', 'NON_3GPP_ACCESS')),
  maAcceptedInd: optional(boolean),
});

/** Namf_Communication_N1N2MessageTransfer. TS 29.518 §5.2.2.3.1 */
export function transferMessage(
  amf: AmfEnvironment,
  ueContextId: string,
  request: SbiRequest,
): SbiResponse {
  const data = transferData.read(request.body, '');
  const { ue, session } = findSession(amf, ueContextId, data.pduSessionId);
  const target = data.targetAccess === undefined ? session.access : ACCESS[data.targetAccess];
  const contentId = data.n1MessageContainer?.n1MessageContent.contentId;
  const n1 = contentId === undefined ? undefined : findPart(request, contentId);
  const hasN2 = data.n2InfoContainer !== undefined;
  if (n1 === undefined && !hasN2) {
    throw new SbiProblem(400, 'MANDATORY_IE_MISSING', 'neither an N1 nor an N2 part');
  }
  if (n1 !== undefined) {
    const connection = ue.reachableOver(target);
    if (connection === undefined) {
      throw unreachable();
    }
    if (hasN2) amf.accessNetwork.setUpSession(target, session.pduSessionId, n1);
    connection.send({
      type: 'downlinkNasTransport',
      payloadType: PayloadType.n1Sm,
      payload: n1,
      pduSessionId: session.pduSessionId,
    });
  } else {
    amf.accessNetwork.setUpSession(target, session.pduSessionId, undefined);
  }
  if (data.maAcceptedInd === true) session.accesses.add(target);
  if (hasN2) answerFromAccess(amf, session, target);
  return { status: 200, body: { cause: 'N1_N2_TRANSFER_INITIATED' } };
}

/** The access node's answer, on to the SMF: TS 23.502 §4.3.2.2.1 steps 14 and 15. */
function answerFromAccess(amf: AmfEnvironment, session: AmfSession, access: AccessName): void {
  amf.accessNetwork.setUpSessionDone(access, session.pduSessionId);
  const body = {
    n2SmInfoType: 'PDU_RES_SETUP_RSP',
    anType: access === '3gpp' ? '3GPP_ACCESS' : 'NON_3GPP_ACCESS',
  };
  // The SMF may be quicker with this message than with its answer to the creation of the context.
  session.created
    .then(() => updateSmContext(amf, session, { body }))
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown';
      amf.logger.debug({ reason }, 'the SMF does not take the answer of the access node');
    });
}

const ACCESS: { readonly '3GPP_ACCESS': AccessName; readonly NON_3GPP_ACCESS: AccessName } = {
  '3GPP_ACCESS': '3gpp',
  NON_3GPP_ACCESS: 'non-3gpp',
};

/** The invented key service: there is no standard operation for it. */
const keyRequest = object({
  pduSessionId: integer(1, 15),
  smfInstanceId: optional(string(/^[0-9a-f-]{36}$/)),
  upfId: optional(string(/^[\w.:-]{1,255}$/)),
  ueIp: optional(string(/^[0-9a-f.:]{2,45}$/)),
  /** Solution #6: the AMF also sends the key to the UE, as the key of this number. */
  pushGeneration: optional(integer(0, 0xffff_ffff)),
  /** Not for a UE that could not be told. */
  ueMustBeReachable: optional(boolean),
});

/** `POST /x-testbed-namf-mpquic/v1/ue-contexts/{supi}/keys`: a key for a session, to its SMF. */
export function requestKey(amf: AmfEnvironment, supi: string, request: SbiRequest): SbiResponse {
  const { pduSessionId, pushGeneration, ueMustBeReachable, ...fromSmf } = keyRequest.read(
    request.body,
    '',
  );
  const { ue, session } = findSession(amf, supi, pduSessionId);
  if (ueMustBeReachable === true && ue.connections.length === 0) throw unreachable();
  const issued = issueKey(amf, ue, session, fromSmf);
  const { name, key, kid, rand, ulNasCount } = issued;
  const body = {
    keyName: name,
    key: toHex(key),
    count: ulNasCount,
    ...(kid === undefined ? {} : { kid: toHex(kid) }),
    ...(rand === undefined ? {} : { rand: toHex(rand) }),
  };
  try {
    if (pushGeneration !== undefined) pushToUe(amf, ue, session, issued, pushGeneration);
  } catch (error) {
    if (error instanceof ProcedureAborted) {
      throw new SbiProblem(504, 'UE_NOT_REACHABLE', error.message);
    }
    throw error;
  } finally {
    wipe(key);
  }
  return { status: 200, body };
}

const statusNotification = object({
  statusInfo: object({ resourceStatus: oneOf('RELEASED', 'UPDATED') }),
});

/** SmContextStatusNotify: the SMF released a session. TS 29.502 §5.2.2.5 */
export function notifyStatus(
  amf: AmfEnvironment,
  supi: string,
  pduSessionId: number,
  instance: number,
  request: SbiRequest,
): SbiResponse {
  const { statusInfo } = statusNotification.read(request.body, '');
  if (statusInfo.resourceStatus === 'RELEASED') {
    const sessions = amf.ues.find(supi)?.sessions;
    // The UE may have begun another session under the same ID meanwhile.
    if (sessions?.get(pduSessionId)?.instance === instance) sessions.delete(pduSessionId);
  }
  return { status: 204 };
}

function unreachable(): SbiProblem {
  return new SbiProblem(504, 'UE_NOT_REACHABLE', 'the UE is CM-IDLE over both accesses');
}

function findSession(
  { ues }: AmfEnvironment,
  supi: string,
  pduSessionId: number,
): { readonly ue: UeContext; readonly session: AmfSession } {
  const ue = ues.find(supi);
  const session = ue?.sessions.get(pduSessionId);
  if (ue === undefined || session === undefined) {
    throw new SbiProblem(404, 'CONTEXT_NOT_FOUND', 'no such UE or PDU session');
  }
  return { ue, session };
}
