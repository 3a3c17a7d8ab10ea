import { MmCause, PayloadType, RequestType, type UplinkNasTransport } from '@mpquic/nas';
import { findPart } from '../sbi/message.ts';
import { SbiProblem } from '../sbi/problem.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import { keyForCreation } from './key-service.ts';
import type { NasConnection, ReceivedNas } from './nas-connection.ts';
import {
  AN_TYPE,
  createSmContext,
  N1_CONTENT_ID,
  releaseSmContext,
  type SessionRequest,
  updateSmContext,
} from './session-client.ts';
import type { AmfSession, UeContext } from './ue-context.ts';

/** Forwards a 5GSM message of the UE to its SMF. TS 24.501 §5.4.5.2 */
export async function forwardUplink(
  amf: AmfEnvironment,
  connection: NasConnection,
  received: ReceivedNas<UplinkNasTransport>,
): Promise<void> {
  const { ue } = connection;
  const { message, count } = received;
  if (ue === undefined || count === undefined) return;
  const { pduSessionId } = message;
  if (
    message.payloadType !== PayloadType.n1Sm ||
    pduSessionId === undefined ||
    pduSessionId < 1 ||
    pduSessionId > 15
  ) {
    connection.send({ type: 'mmStatus', cause: MmCause.conditionalElementError });
    return;
  }
  const session = ue.sessions.get(pduSessionId);
  try {
    await forward(amf, connection, ue, pduSessionId, message, count);
  } catch (error) {
    if (!(error instanceof SbiProblem)) throw error;
    // The SMF lost the session, by a restart perhaps: so does the AMF. The UE may have begun another one meanwhile.
    const isLost = error.problem === 'CONTEXT_NOT_FOUND';
    if (isLost && ue.sessions.get(pduSessionId) === session) ue.sessions.delete(pduSessionId);
    notForwarded(connection, pduSessionId, message, error);
  }
}

const INITIAL_REQUESTS: ReadonlySet<number | undefined> = new Set([
  RequestType.initialRequest,
  RequestType.maPduRequest,
]);

async function forward(
  amf: AmfEnvironment,
  connection: NasConnection,
  ue: UeContext,
  pduSessionId: number,
  message: UplinkNasTransport,
  count: number,
): Promise<void> {
  const session = ue.sessions.get(pduSessionId);
  const { requestType, payload } = message;
  const { access } = connection;
  if (session === undefined) {
    if (requestType === undefined) {
      throw new SbiProblem(404, 'CONTEXT_NOT_FOUND', 'the UE has no such PDU session');
    }
    await create(amf, ue, newSession(connection, ue, pduSessionId, message, count), message);
    return;
  }
  if (!INITIAL_REQUESTS.has(requestType)) {
    if (requestType === RequestType.modificationRequest) {
      session.access = access;
      session.ulNasCount = count;
    }
    await updateSmContext(amf, session, { n1: payload });
    return;
  }
  if (session.multiAccess && !session.accesses.has(access)) {
    // TS 23.501 §5.32.2: the second request of a session over two PLMNs keeps the session ID.
    session.accesses.add(access);
    session.access = access;
    session.ulNasCount = count;
    const body = { anType: AN_TYPE[access], maRequestInd: true };
    await updateSmContext(amf, session, { body, n1: payload });
    return;
  }
  // The UE lost the session: the network forgets it as well. TS 24.501 §6.4.1.7 b
  await releaseSmContext(amf, session, 'REL_DUE_TO_DUPLICATE_SESSION_ID');
  await create(amf, ue, newSession(connection, ue, pduSessionId, message, count), message);
}

function newSession(
  { access }: NasConnection,
  ue: UeContext,
  pduSessionId: number,
  { requestType }: UplinkNasTransport,
  ulNasCount: number,
): AmfSession {
  return {
    pduSessionId,
    instance: ue.nextSessionInstance(),
    smContext: undefined,
    smfRecoveryTime: undefined,
    created: Promise.resolve(),
    access,
    accesses: new Set([access]),
    ulNasCount,
    multiAccess: requestType === RequestType.maPduRequest,
  };
}

async function create(
  amf: AmfEnvironment,
  ue: UeContext,
  session: AmfSession,
  message: UplinkNasTransport,
): Promise<void> {
  ue.sessions.set(session.pduSessionId, session);
  const existing = message.requestType === RequestType.existingPduSession;
  const request: SessionRequest = {
    n1: message.payload,
    requestType: existing ? 'EXISTING_PDU_SESSION' : 'INITIAL_REQUEST',
    multiAccess: session.multiAccess,
    dnn: message.dnn,
  };
  try {
    const attachedKey = keyForCreation(amf, ue, session);
    const creation = createSmContext(amf, ue, session, request, attachedKey);
    session.created = creation.catch(() => undefined);
    await creation;
  } catch (error) {
    if (ue.sessions.get(session.pduSessionId) === session) ue.sessions.delete(session.pduSessionId);
    throw error;
  }
}

/** The SMF's own reject, or the message back with cause 90. TS 24.501 §5.4.5.2.5 */
function notForwarded(
  connection: NasConnection,
  pduSessionId: number,
  { payload }: UplinkNasTransport,
  problem: SbiProblem,
): void {
  if (connection.closed) return;
  const reject = problem.response && findPart(problem.response, N1_CONTENT_ID);
  connection.send({
    type: 'downlinkNasTransport',
    payloadType: PayloadType.n1Sm,
    payload: reject ?? payload,
    pduSessionId,
    ...(reject === undefined ? { cause: MmCause.payloadWasNotForwarded } : {}),
  });
}
