import { encodeSm, PduSessionType, SmCause } from '@mpquic/nas';
import type { SessionReportRequest } from '@mpquic/pfcp';
import { PfcpCause } from '@mpquic/pfcp';
import { N1_CONTENT_ID, n1Part } from '../amf/session-client.ts';
import { findPart, type SbiRequest, type SbiResponse } from '../sbi/message.ts';
import { SbiProblem } from '../sbi/problem.ts';
import { restartNotice } from '../sbi/restart-notice.ts';
import type { Route } from '../sbi/router.ts';
import {
  boolean,
  hex,
  integer,
  object,
  oneOf,
  optional,
  type ShapeOf,
  string,
} from '../sbi/shape.ts';
import { STEERING_MODES } from './atsss.ts';
import { N4Failure, type N4Session } from './n4-session.ts';
import { isSupplied } from './psk-installation.ts';
import { recordReceived } from './psk-supply.ts';
import { deleteKey, relocate, renewAtWishOfNetwork, renewKey, steer } from './rekey.ts';
import { establish, newReference } from './session-establishment.ts';
import { release, releaseLost, releaseQuietly } from './session-release.ts';
import {
  checkRequest,
  checkSubscription,
  choosesMpquic,
  decodeN1,
  rejectionOf,
} from './session-request.ts';
import { accessOf, update } from './session-update.ts';
import { SessionRejection, type SmfEnvironment } from './smf-environment.ts';
import { SmfSession } from './smf-session.ts';

/** SmContextCreateData. TS 29.502 §6.1.6.2.2 */
const createData = object({
  supi: string(/^imsi-\d{5,15}$/),
  pduSessionId: integer(1, 15),
  dnn: optional(string(/^[\w.-]{1,100}$/)),
  anType: oneOf('3GPP_ACCESS', 'NON_3GPP_ACCESS'),
  additionalAnType: optional(oneOf('3GPP_ACCESS', 'NON_3GPP_ACCESS')),
  maRequestInd: optional(boolean),
  n1SmMsg: object({ contentId: string() }),
  smContextStatusUri: string(/^\/namf-callback\/v1\/[\w/-]{1,200}$/),
  servingNfId: string(),
  /** Standard in the answer (SmContextCreatedData); in the request it is of this testbed. */
  recoveryTime: optional(string()),
  /** Solution #3 step 2: a key that the AMF adds. Not a standard attribute. */
  'x-testbed-mpquic-key': optional(
    object({ keyName: oneOf('PSK', 'K_SMF'), key: hex(16, 64), kid: optional(hex(1, 255)) }),
  ),
});

const steering = object({ steeringMode: oneOf(...STEERING_MODES) });

const DEFAULT_DNN = 'internet';

/** SMF: sets up MA PDU sessions and brings the PSK to the UPF as the table of the solution says. */
export class Smf {
  readonly #environment: SmfEnvironment;

  constructor(environment: SmfEnvironment) {
    this.#environment = environment;
  }

  get sessionCount(): number {
    return this.#environment.sessions.size;
  }

  get routes(): readonly Route[] {
    const smf = this.#environment;
    return [
      {
        method: 'POST',
        path: '/nsmf-pdusession/v1/sm-contexts',
        operation: 'Nsmf_PDUSession_CreateSMContext',
        secret: smf.settings.selected.delivery.keyRequest === 'amf_with_create_sm_context',
        handle: (request) => this.#create(request),
      },
      {
        method: 'POST',
        path: '/nsmf-pdusession/v1/sm-contexts/{reference}/modify',
        operation: 'Nsmf_PDUSession_UpdateSMContext',
        handle: async (request, { reference }) => {
          const session = this.#find(reference as string);
          await session.inOrder(() => update(smf, session, request));
          return { status: 200, body: {} };
        },
      },
      {
        method: 'POST',
        path: '/nsmf-pdusession/v1/sm-contexts/{reference}/release',
        operation: 'Nsmf_PDUSession_ReleaseSMContext',
        handle: async (_, { reference }) => {
          const session = this.#find(reference as string);
          await session.inOrder(() => releaseQuietly(smf, session, 'released by the AMF'));
          return { status: 204 };
        },
      },
      ...this.#controlRoutes,
    ];
  }

  /** What an operator or an experiment makes the SMF do. */
  get #controlRoutes(): readonly Route[] {
    const smf = this.#environment;
    const control = (
      name: string,
      run: (session: SmfSession, body: unknown) => Promise<void>,
    ): Route => ({
      method: 'POST',
      path: `/x-testbed-nsmf-control/v1/sessions/{supi}/{pduSessionId}/${name}`,
      operation: `x-testbed ${name}`,
      handle: async ({ body }, { supi, pduSessionId }) => {
        const session = smf.sessions.findOfUe(supi as string, Number(pduSessionId));
        if (session === undefined) {
          throw new SbiProblem(404, 'CONTEXT_NOT_FOUND', 'no such session');
        }
        refuseOverload(session);
        await session.inOrder(() => run(session, body));
        return {
          status: 200,
          body: { upf: session.selectedUpfId, generation: session.generation },
        };
      },
    });
    return [
      control('rekey', (session) => renewAtWishOfNetwork(smf, session)),
      control('delete-psk', (session) => deleteKey(smf, session)),
      control('relocate', (session) => relocate(smf, session)),
      control('steer', (session, body) =>
        steer(smf, session, steering.read(body, '').steeringMode),
      ),
      control('release', (session) => {
        session.procedureTransactionId = 0;
        return release(smf, session, SmCause.regularDeactivation, 'released by the network');
      }),
      {
        method: 'POST',
        path: '/x-testbed-nsmf-control/v1/amf-restarted',
        operation: 'x-testbed AMF restarted',
        handle: async ({ body }) => {
          const { recoveryTime } = restartNotice.read(body, '');
          const older = [...smf.sessions.values()].filter(
            (session) => session.amfRecoveryTime !== recoveryTime,
          );
          await this.#releaseAll(older, 'the AMF restarted');
          return { status: 200, body: { released: older.length } };
        },
      },
    ];
  }

  /** A report of a UPF: in solution #6 it asks for the key of a session. */
  async report(
    n4: N4Session | undefined,
    { pskRequest, flags }: SessionReportRequest,
  ): Promise<number> {
    const smf = this.#environment;
    const session = n4 === undefined ? undefined : smf.sessions.findByN4(n4);
    if (n4 === undefined || session === undefined) return PfcpCause.sessionContextNotFound;
    if (flags?.includes('psdbu') === true) {
      n4.forget();
      this.lost([n4], 'the UPF deleted it');
      return PfcpCause.requestAccepted;
    }
    if (pskRequest === undefined) return PfcpCause.requestAccepted;
    const onDemand = smf.settings.selected.delivery.keyRequest === 'upf_on_demand';
    if (!onDemand || !isSupplied(smf, session)) return PfcpCause.requestRejected;
    session
      .inOrder(() => renewKey(smf, session))
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : 'unknown';
        smf.logger.warn({ reason }, 'the UPF gets no key');
      });
    return PfcpCause.requestAccepted;
  }

  /** A UPF lost these sessions: no PSK of them is left anywhere. */
  lost(lost: readonly N4Session[], reason: string): void {
    const smf = this.#environment;
    for (const n4 of lost) {
      const session = smf.sessions.findByN4(n4);
      if (session === undefined) continue;
      session
        .inOrder(() => releaseLost(smf, session, reason))
        .catch((error: unknown) => {
          const text = error instanceof Error ? error.message : 'unknown';
          smf.logger.warn({ reason: text }, 'a lost session was not released');
        });
    }
  }

  /**
   * Releases the associations.
   * @param release whether all sessions end too; else the UPF is only told that nobody controls them
   */
  async stop(release = true): Promise<void> {
    if (release) await this.#releaseAll([...this.#environment.sessions.values()], 'the SMF stops');
    await this.#environment.upfs.stop();
  }

  async #releaseAll(sessions: readonly SmfSession[], reason: string): Promise<void> {
    const smf = this.#environment;
    const quietly = (session: SmfSession): Promise<void> =>
      session.inOrder(() => releaseQuietly(smf, session, reason));
    await Promise.all(sessions.map(quietly));
  }

  /** Answers once request and subscription are checked; the rest goes on behind the answer. */
  async #create(request: SbiRequest): Promise<SbiResponse> {
    const smf = this.#environment;
    const data = createData.read(request.body, '');
    const n1 = findPart(request, data.n1SmMsg.contentId);
    if (n1 === undefined) {
      throw new SbiProblem(400, 'MANDATORY_IE_MISSING', 'the N1 part is missing');
    }
    try {
      const session = await this.#admit(data, n1);
      smf.sessions.add(session);
      // Behind the answer, so that the AMF knows the SM context first.
      setImmediate(() => {
        session
          .inOrder(() => establish(smf, session))
          .catch((error: unknown) => {
            const reason = error instanceof Error ? error.message : 'unknown';
            smf.logger.error({ reason }, 'a session could not be set up');
          });
      });
      return {
        status: 201,
        location: `/nsmf-pdusession/v1/sm-contexts/${session.reference}`,
        body: { pduSessionId: session.pduSessionId, recoveryTime: smf.settings.recoveryTime },
      };
    } catch (error) {
      if (!(error instanceof SessionRejection || error instanceof N4Failure)) throw error;
      smf.metrics.sessions.inc({ result: 'rejected' });
      return this.#refusal(n1, data.pduSessionId, rejectionOf(error));
    }
  }

  async #admit(data: ShapeOf<typeof createData>, n1: Uint8Array): Promise<SmfSession> {
    const smf = this.#environment;
    const { supi, pduSessionId, maRequestInd: multiAccess = false } = data;
    const message = checkRequest(decodeN1(n1), pduSessionId);
    if (smf.sessions.full) {
      throw new SessionRejection(SmCause.insufficientResources, 'no room for another session');
    }
    const dnn = data.dnn ?? DEFAULT_DNN;
    await checkSubscription(smf, supi, dnn, multiAccess);
    const replaced = smf.sessions.findOfUe(supi, pduSessionId);
    await replaced?.inOrder(() => releaseQuietly(smf, replaced, 'the UE asked again'));
    const { additionalAnType } = data;
    const session = new SmfSession(
      newReference(smf),
      {
        supi,
        pduSessionId,
        dnn,
        multiAccess,
        statusPath: data.smContextStatusUri,
        amfRecoveryTime: data.recoveryTime,
        access: accessOf(data.anType),
        steeringMode: smf.settings.steeringMode,
      },
      additionalAnType === undefined ? undefined : accessOf(additionalAnType),
    );
    session.procedureTransactionId = message.procedureTransactionId;
    session.onlyIpv4 = message.pduSessionType === PduSessionType.ipv4v6;
    session.usesMpquic = multiAccess && choosesMpquic(smf, message);
    const attached = data['x-testbed-mpquic-key'];
    if (attached !== undefined) {
      const { keyName: name, key, kid } = attached;
      recordReceived(smf.events, name, key);
      session.hold({ name, key, kid, ulNasCount: undefined });
    }
    if (!session.usesMpquic) session.hold(undefined);
    return session;
  }

  /** SmContextCreateError with the N1 reject in it. TS 29.502 §6.1.6.2.13 */
  #refusal(
    n1: Uint8Array,
    pduSessionId: number,
    { cause, message }: SessionRejection,
  ): SbiResponse {
    const reject = encodeSm({
      type: 'establishmentReject',
      pduSessionId,
      procedureTransactionId: n1[2] ?? 0,
      cause,
    });
    return {
      status: 403,
      body: {
        error: { status: 403, cause: 'N1_SM_ERROR', detail: message },
        n1SmMsg: { contentId: N1_CONTENT_ID },
      },
      parts: [n1Part(reject)],
    };
  }

  #find(reference: string): SmfSession {
    const session = this.#environment.sessions.find(reference);
    if (session === undefined) throw new SbiProblem(404, 'CONTEXT_NOT_FOUND', 'no such SM context');
    refuseOverload(session);
    return session;
  }
}

function refuseOverload(session: SmfSession): void {
  if (session.overloaded) throw new SbiProblem(503, 'NF_CONGESTION', 'too many waiting requests');
}
