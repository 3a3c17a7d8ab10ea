import type { AccessName } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import type { BinaryPart, SbiResponse } from '../sbi/message.ts';
import { SbiProblem } from '../sbi/problem.ts';
import { object, optional, string } from '../sbi/shape.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import type { AmfSession, UeContext } from './ue-context.ts';

/** How TS 29.571 names the accesses. */
export const AN_TYPE: { readonly [A in AccessName]: string } = {
  '3gpp': '3GPP_ACCESS',
  'non-3gpp': 'NON_3GPP_ACCESS',
};

/** What the UE asked for, beside its 5GSM message. */
export interface SessionRequest {
  readonly n1: Uint8Array;
  readonly requestType: 'INITIAL_REQUEST' | 'EXISTING_PDU_SESSION' | undefined;
  readonly multiAccess: boolean;
  readonly dnn: string | undefined;
}

/** A key that the AMF adds to the request, where the solution wants that. */
export interface AttachedKey {
  readonly name: 'PSK' | 'K_SMF';
  readonly key: Uint8Array;
  readonly kid: Uint8Array | undefined;
}

/** Nsmf_PDUSession_CreateSMContext: the session gets its SM context. TS 29.502 §5.2.2.2 */
export async function createSmContext(
  { sbi, settings }: AmfEnvironment,
  ue: UeContext,
  session: AmfSession,
  request: SessionRequest,
  attachedKey: AttachedKey | undefined,
): Promise<void> {
  const { location, body } = await sbi.call('smf', {
    method: 'POST',
    path: '/nsmf-pdusession/v1/sm-contexts',
    body: {
      supi: ue.supi,
      pduSessionId: session.pduSessionId,
      ...(request.dnn === undefined ? {} : { dnn: request.dnn }),
      sNssai: settings.snssai,
      servingNfId: AMF_INSTANCE_ID,
      recoveryTime: settings.recoveryTime,
      servingNetwork: settings.plmn,
      requestType: request.requestType ?? 'INITIAL_REQUEST',
      n1SmMsg: { contentId: N1_CONTENT_ID },
      anType: AN_TYPE[session.access],
      ...additionalAccess(ue, session),
      ...(request.multiAccess ? { maRequestInd: true } : {}),
      smContextStatusUri: statusPath(ue, session),
      ...(attachedKey === undefined ? {} : { 'x-testbed-mpquic-key': keyBody(attachedKey) }),
    },
    parts: [n1Part(request.n1)],
  });
  if (location === undefined) {
    throw new SbiProblem(502, 'SYSTEM_FAILURE', 'the SMF names no SM context');
  }
  session.smContext = location;
  session.smfRecoveryTime = createdData.read(body, '').recoveryTime;
}

/** SmContextCreatedData, as far as the AMF reads it. TS 29.502 §6.1.6.2.3 */
const createdData = object({ recoveryTime: optional(string()) });

/** Nsmf_PDUSession_UpdateSMContext. TS 29.502 §5.2.2.3 */
export async function updateSmContext(
  { sbi }: AmfEnvironment,
  session: AmfSession,
  update: { readonly body?: object; readonly n1?: Uint8Array },
): Promise<SbiResponse | undefined> {
  if (session.smContext === undefined) return undefined;
  const { body = {}, n1 } = update;
  return await sbi.call('smf', {
    method: 'POST',
    path: `${session.smContext}/modify`,
    body: n1 === undefined ? body : { ...body, n1SmMsg: { contentId: N1_CONTENT_ID } },
    ...(n1 === undefined ? {} : { parts: [n1Part(n1)] }),
  });
}

/** Nsmf_PDUSession_ReleaseSMContext; a session that the SMF does not know is as good as released. */
export async function releaseSmContext(
  { sbi, logger }: AmfEnvironment,
  session: AmfSession,
  cause: string,
): Promise<void> {
  const { smContext } = session;
  if (smContext === undefined) return;
  session.smContext = undefined;
  try {
    await sbi.call('smf', { method: 'POST', path: `${smContext}/release`, body: { cause } });
  } catch (error) {
    if (!(error instanceof SbiProblem)) throw error;
    if (error.status !== 404) logger.warn({ reason: error.message }, 'session was not released');
  }
}

export const N1_CONTENT_ID = 'n1-sm-message';

export function n1Part(bytes: Uint8Array): BinaryPart {
  return { contentId: N1_CONTENT_ID, contentType: 'application/vnd.3gpp.5gnas', bytes };
}

function statusPath(ue: UeContext, session: AmfSession): string {
  return `/namf-callback/v1/${ue.supi}/sm-context-status/${session.pduSessionId}/${session.instance}`;
}

function additionalAccess(ue: UeContext, session: AmfSession): object {
  const other = session.access === '3gpp' ? 'non-3gpp' : '3gpp';
  return session.multiAccess && ue.accesses[other].registered
    ? { additionalAnType: AN_TYPE[other] }
    : {};
}

function keyBody({ name, key, kid }: AttachedKey): object {
  return { keyName: name, key: toHex(key), ...(kid === undefined ? {} : { kid: toHex(kid) }) };
}

const AMF_INSTANCE_ID = '5f1c0a30-0000-4000-8000-000000000a0f';
