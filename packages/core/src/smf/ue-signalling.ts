import { encodeSm, type SmMessage } from '@mpquic/nas';
import type { AccessName } from '@mpquic/service';
import { AN_TYPE, N1_CONTENT_ID, n1Part } from '../amf/session-client.ts';
import { SbiProblem } from '../sbi/problem.ts';
import type { SmfEnvironment } from './smf-environment.ts';
import type { SmfSession } from './smf-session.ts';

/** What goes with an N1 message, or alone. */
export interface TransferOptions {
  readonly targetAccess?: AccessName;
  /** Resources at the access node are to be set up: TS 23.502 §4.22.2.1 step 12. */
  readonly setsUpAccess?: boolean;
  readonly maAccepted?: boolean;
}

/** Namf_Communication_N1N2MessageTransfer with a 5GSM message, an N2 request, or both. @throws {SbiProblem} */
export async function sendToUe(
  { sbi }: SmfEnvironment,
  session: SmfSession,
  message: SmMessage | undefined,
  options: TransferOptions = {},
): Promise<void> {
  const { targetAccess = session.access, setsUpAccess = false, maAccepted = false } = options;
  const parts = message === undefined ? [] : [n1Part(encodeSm(message))];
  await sbi.call('amf', {
    method: 'POST',
    path: `/namf-comm/v1/ue-contexts/${session.supi}/n1-n2-messages`,
    body: {
      pduSessionId: session.pduSessionId,
      ...(message === undefined
        ? {}
        : {
            n1MessageContainer: {
              n1MessageClass: 'SM',
              n1MessageContent: { contentId: N1_CONTENT_ID },
            },
          }),
      ...(setsUpAccess ? { n2InfoContainer: { n2InformationClass: 'SM' } } : {}),
      targetAccess: AN_TYPE[targetAccess],
      ...(maAccepted ? { maAcceptedInd: true } : {}),
    },
    parts,
  });
}

/** SmContextStatusNotify: the AMF forgets the session. TS 29.502 §5.2.2.5 */
export async function notifyReleased(
  { sbi, logger }: SmfEnvironment,
  session: SmfSession,
): Promise<void> {
  try {
    await sbi.call('amf', {
      method: 'POST',
      path: session.statusPath,
      body: { statusInfo: { resourceStatus: 'RELEASED' } },
    });
  } catch (error) {
    if (!(error instanceof SbiProblem)) throw error;
    logger.debug({ reason: error.message }, 'the AMF was not told of a released session');
  }
}
