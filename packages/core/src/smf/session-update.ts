import {
  findPskParameters,
  type ModificationRequest,
  PskContainerId,
  SmCause,
  type SmMessage,
} from '@mpquic/nas';
import type { AccessName } from '@mpquic/service';
import type { SbiRequest } from '../sbi/message.ts';
import { findPart } from '../sbi/message.ts';
import { SbiProblem } from '../sbi/problem.ts';
import { boolean, object, oneOf, optional, string } from '../sbi/shape.ts';
import { renewAtWishOfUe, renewKey } from './rekey.ts';
import { acceptFor, accessIsUp } from './session-establishment.ts';
import { finishRelease, release } from './session-release.ts';
import { decodeN1, rejectionOf } from './session-request.ts';
import { SessionRejection, type SmfEnvironment } from './smf-environment.ts';
import type { SmfSession } from './smf-session.ts';
import { sendToUe } from './ue-signalling.ts';

/** SmContextUpdateData. TS 29.502 §6.1.6.2.4 */
const updateData = object({
  n1SmMsg: optional(object({ contentId: string() })),
  n2SmInfoType: optional(oneOf('PDU_RES_SETUP_RSP')),
  anType: optional(oneOf('3GPP_ACCESS', 'NON_3GPP_ACCESS')),
  upCnxState: optional(oneOf('ACTIVATING', 'DEACTIVATED')),
  maRequestInd: optional(boolean),
});

/** Nsmf_PDUSession_UpdateSMContext. @throws {SbiProblem} */
export async function update(
  smf: SmfEnvironment,
  session: SmfSession,
  request: SbiRequest,
): Promise<void> {
  const { n1SmMsg, n2SmInfoType, anType, upCnxState } = updateData.read(request.body, '');
  if (n2SmInfoType !== undefined) await accessIsUp(smf, session);
  if (upCnxState === 'ACTIVATING') await activated(smf, session);
  if (n1SmMsg === undefined) return;
  const n1 = findPart(request, n1SmMsg.contentId);
  if (n1 === undefined) throw new SbiProblem(400, 'MANDATORY_IE_MISSING', 'the N1 part is missing');
  if (anType !== undefined) {
    session.access = accessOf(anType);
    session.accesses.add(session.access);
  }
  await serveN1(smf, session, n1);
}

/** CM-IDLE to CM-CONNECTED: solution #1 has the UPF updated before the UE goes on. */
async function activated(smf: SmfEnvironment, session: SmfSession): Promise<void> {
  if (smf.settings.selected.solution.update.trigger !== 'idle_to_connected') return;
  if (session.psk !== undefined) await renewKey(smf, session);
}

async function serveN1(smf: SmfEnvironment, session: SmfSession, bytes: Uint8Array) {
  let message: SmMessage;
  try {
    message = decodeN1(bytes);
  } catch (error) {
    if (!(error instanceof SessionRejection)) throw error;
    await reportStatus(smf, session, error.cause);
    return;
  }
  const serveMessage = HANDLERS[message.type] as Handler<SmMessage> | undefined;
  if (serveMessage !== undefined) await serveMessage(smf, session, message);
  else await reportStatus(smf, session, SmCause.messageTypeNotCompatibleWithState);
}

type Handler<M extends SmMessage> = (
  smf: SmfEnvironment,
  session: SmfSession,
  message: M,
) => Promise<void>;

const done = (): Promise<void> => Promise.resolve();

/** What the UE sends about a session that exists. */
const HANDLERS: {
  readonly [T in SmMessage['type']]?: Handler<Extract<SmMessage, { readonly type: T }>>;
} = {
  releaseRequest: async (smf, session, { procedureTransactionId }) => {
    session.procedureTransactionId = procedureTransactionId;
    await release(smf, session, SmCause.regularDeactivation, 'released by the UE');
  },
  releaseComplete: async (smf, session) => {
    if (session.state === 'releasing') await finishRelease(smf, session);
  },
  modificationRequest: modify,
  // The second request of a session over two PLMNs: same session, same key. TS 23.501 §5.32.2
  establishmentRequest: async (smf, session, { procedureTransactionId }) => {
    session.procedureTransactionId = procedureTransactionId;
    const options = { setsUpAccess: true, maAccepted: true };
    await sendToUe(smf, session, acceptFor(smf, session), options);
  },
  modificationComplete: done,
  modificationCommandReject: done,
  smStatus: done,
};

/** A modification at the wish of the UE: only the renewal of the key is offered. TS 24.501 §6.4.2 */
async function modify(
  smf: SmfEnvironment,
  session: SmfSession,
  request: ModificationRequest,
): Promise<void> {
  const { pduSessionId, procedureTransactionId, configuration } = request;
  try {
    if (findPskParameters(configuration, PskContainerId.renewalRequest) === undefined) {
      throw new SessionRejection(SmCause.serviceOptionNotSupported, 'nothing that can be modified');
    }
    await renewAtWishOfUe(smf, session, request);
  } catch (error) {
    const { cause } = rejectionOf(error);
    await sendToUe(smf, session, {
      type: 'modificationReject',
      pduSessionId,
      procedureTransactionId,
      cause,
    });
  }
}

/** 5GSM STATUS. TS 24.501 §7 */
async function reportStatus(smf: SmfEnvironment, session: SmfSession, cause: number) {
  const { pduSessionId } = session;
  await sendToUe(smf, session, {
    type: 'smStatus',
    pduSessionId,
    procedureTransactionId: 0,
    cause,
  });
}

export function accessOf(anType: '3GPP_ACCESS' | 'NON_3GPP_ACCESS'): AccessName {
  return anType === '3GPP_ACCESS' ? '3gpp' : 'non-3gpp';
}
