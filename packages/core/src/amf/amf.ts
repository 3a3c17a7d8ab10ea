import { MmCause, type MmMessage } from '@mpquic/nas';
import type { AccessName } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import { SbiProblem } from '../sbi/problem.ts';
import { restartNotice } from '../sbi/restart-notice.ts';
import type { Route } from '../sbi/router.ts';
import { integer, object } from '../sbi/shape.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import { notifyStatus, requestKey, transferMessage } from './communication.ts';
import { leave } from './deregistration.ts';
import { completeHandOverN2, handOverN2, handOverXn } from './handover.ts';
import type { NasReceiver } from './n1-listener.ts';
import {
  NasConnection,
  type NasTransport,
  ProcedureAborted,
  type ReceivedNas,
} from './nas-connection.ts';
import { forwardUplink } from './nas-transport.ts';
import { reauthenticate } from './reauthentication.ts';
import { register } from './registration.ts';
import { serveRequest } from './service-request.ts';
import type { UeContext } from './ue-context.ts';
import { becomeIdle, forgetSessions, releaseUe } from './ue-release.ts';
import { readUplink } from './uplink.ts';

/** The procedure that a message of the UE begins. */
type Procedure<M extends MmMessage = MmMessage> = (
  amf: AmfEnvironment,
  connection: NasConnection,
  received: ReceivedNas<M>,
) => Promise<void>;

const PROCEDURES: {
  readonly [T in MmMessage['type']]?: Procedure<Extract<MmMessage, { readonly type: T }>>;
} = {
  registrationRequest: register,
  serviceRequest: serveRequest,
  deregistrationRequestFromUe: leave,
  uplinkNasTransport: forwardUplink,
};

/** Answers to procedures that are over, which need none themselves. */
const IGNORED: ReadonlySet<MmMessage['type']> = new Set([
  'mmStatus',
  'configurationUpdateComplete',
  'registrationComplete',
  'notificationResponse',
  'deregistrationAcceptFromUe',
] as const);

/** A connection that has no security context after so many answers is closed. */
const PATIENCE_ROUNDS = 4;

/** Messages of one UE that are being served at once; more are dropped. */
const MAX_CONCURRENT = 32;

/** What a control operation did. */
interface ControlResult {
  readonly done: boolean;
  readonly chainingCounter?: number | undefined;
  /** Hexadecimal. */
  readonly nasContainer?: string;
}

const targetCell = object({
  physicalCellId: integer(0, 1007),
  downlinkFrequency: integer(0, 0xff_ffff),
});

/** AMF with SEAF: NAS towards UEs, N11 towards the SMF, and the keys between K_SEAF and the UPF's PSK. */
export class Amf {
  readonly #environment: AmfEnvironment;

  constructor(environment: AmfEnvironment) {
    this.#environment = environment;
  }

  get ueCount(): number {
    return this.#environment.ues.size;
  }

  /** Takes a new N1 connection. */
  accept(transport: NasTransport, access: AccessName): NasReceiver {
    const connection = new NasConnection(access, transport, this.#environment.events);
    const { guardMs } = this.#environment.settings;
    const patience = setTimeout(() => {
      if (connection.security === undefined) connection.close('not authenticated in time');
    }, PATIENCE_ROUNDS * guardMs);
    let running = 0;
    const done = (): void => {
      running -= 1;
    };
    return {
      receive: (bytes) => {
        if (connection.closed) return;
        if (running >= MAX_CONCURRENT) {
          this.#discard('overload');
          return;
        }
        const work = this.#receive(connection, bytes);
        if (work === undefined) return;
        running += 1;
        work.then(done, (error: unknown) => {
          done();
          this.#failed(connection, error);
        });
      },
      closed: () => {
        clearTimeout(patience);
        connection.close('the connection is closed');
        becomeIdle(this.#environment, connection);
      },
    };
  }

  get routes(): readonly Route[] {
    const amf = this.#environment;
    return [
      {
        method: 'POST',
        path: '/namf-comm/v1/ue-contexts/{ueContextId}/n1-n2-messages',
        operation: 'Namf_Communication_N1N2MessageTransfer',
        handle: (request, { ueContextId }) => transferMessage(amf, ueContextId as string, request),
      },
      {
        method: 'POST',
        path: '/x-testbed-namf-mpquic/v1/ue-contexts/{supi}/keys',
        operation: 'x-testbed key request',
        secret: true,
        handle: (request, { supi }) => requestKey(amf, supi as string, request),
      },
      {
        method: 'POST',
        path: '/namf-callback/v1/{supi}/sm-context-status/{pduSessionId}/{instance}',
        operation: 'Nsmf_PDUSession_SMContextStatusNotify',
        handle: (request, { supi, pduSessionId, instance }) =>
          notifyStatus(amf, supi as string, Number(pduSessionId), Number(instance), request),
      },
      ...this.#controlRoutes,
    ];
  }

  /** What an operator or an experiment makes the AMF do. */
  get #controlRoutes(): readonly Route[] {
    const amf = this.#environment;
    const control = (
      name: string,
      run: (ue: UeContext, body: unknown) => Promise<ControlResult> | ControlResult,
    ): Route => ({
      method: 'POST',
      path: `/x-testbed-namf-control/v1/ue-contexts/{supi}/${name}`,
      operation: `x-testbed ${name}`,
      handle: async ({ body }, { supi }) => {
        const ue = this.#ue(supi as string);
        return { status: 200, body: await run(ue, body) };
      },
    });
    return [
      control('reauthenticate', async (ue) => ({ done: await reauthenticate(amf, ue) })),
      control('hand-over', (ue, body) => {
        const cell = { ...targetCell.read(body, ''), radio: 'gNB' } as const;
        const chainingCounter = handOverXn(amf, ue, cell);
        return { done: chainingCounter !== undefined, chainingCounter };
      }),
      control('hand-over-n2', (ue, body) => {
        const cell = { ...targetCell.read(body, ''), radio: 'gNB' } as const;
        const container = handOverN2(amf, ue, cell);
        return {
          done: container !== undefined,
          ...(container === undefined ? {} : { nasContainer: toHex(container) }),
        };
      }),
      control('hand-over-notify', async (ue) => {
        await completeHandOverN2(amf, ue);
        return { done: true };
      }),
      control('deregister', async (ue) => {
        for (const connection of ue.connections) {
          const access = connection.access === '3gpp' ? 1 : 2;
          const deregistrationType = { access, reregistrationRequired: false, switchOff: false };
          connection.send({ type: 'deregistrationRequestToUe', deregistrationType });
        }
        await releaseUe(amf, ue, 'deregistered by the network');
        return { done: true };
      }),
      {
        method: 'POST',
        path: '/x-testbed-namf-control/v1/smf-restarted',
        operation: 'x-testbed SMF restarted',
        handle: ({ body }) => ({
          status: 200,
          body: { lost: forgetSessions(amf, restartNotice.read(body, '').recoveryTime) },
        }),
      },
    ];
  }

  /**
   * Overwrites all keys.
   * @param release whether UEs are deregistered; else they learn it when they come back
   */
  async stop(release = true): Promise<void> {
    const amf = this.#environment;
    if (release) {
      for (const ue of [...amf.ues.values()]) await releaseUe(amf, ue, 'the AMF stops');
    }
    amf.accessNetwork.dispose();
  }

  #ue(supi: string): UeContext {
    const ue = this.#environment.ues.find(supi);
    if (ue === undefined) throw new SbiProblem(404, 'CONTEXT_NOT_FOUND', 'no such UE');
    return ue;
  }

  /** The work that a message begins, if any. */
  #receive(connection: NasConnection, bytes: Uint8Array): Promise<void> | undefined {
    const uplink = readUplink(connection, bytes, this.#environment.ues);
    if (uplink.type === 'discarded') {
      this.#discard(uplink.reason);
      return undefined;
    }
    if (uplink.type === 'undecodable') {
      this.#discard('undecodable');
      this.#report(connection, uplink.error.cause);
      return undefined;
    }
    const { received } = uplink;
    if (connection.deliver(received)) return undefined;
    this.#watchCounts(connection);
    const { type } = received.message;
    const procedure = PROCEDURES[type] as Procedure | undefined;
    if (procedure !== undefined) return procedure(this.#environment, connection, received);
    if (!IGNORED.has(type)) {
      this.#discard('unexpected');
      this.#report(connection, MmCause.messageTypeNotCompatibleWithState);
    }
    return undefined;
  }

  /** A K_AMF whose NAS COUNTs near their end is replaced in time. TS 33.501 §6.4.5, TS 24.501 §4.4.3.5 */
  #watchCounts({ ue, security, access }: NasConnection): void {
    if (ue === undefined || security === undefined || ue.renewing) return;
    if (!security.nas.counts[access].reached(this.#environment.settings.renewKAmfAtCount)) return;
    ue.renewing = true;
    const done = (): void => {
      ue.renewing = false;
    };
    reauthenticate(this.#environment, ue)
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : 'unknown';
        this.#environment.logger.error({ reason }, 'NAS COUNTs near their end');
      })
      .finally(done);
  }

  /** 5GMM STATUS. TS 24.501 §7 */
  #report(connection: NasConnection, cause: number | undefined): void {
    if (cause === undefined || connection.closed) return;
    const status = { type: 'mmStatus', cause } as const;
    if (connection.security === undefined) connection.sendPlain(status);
    else connection.send(status);
  }

  #discard(reason: string): void {
    this.#environment.metrics.nasDiscarded.inc({ reason });
  }

  /** A procedure failed in a way that no reject message covers. */
  #failed(connection: NasConnection, error: unknown): void {
    if (error instanceof ProcedureAborted) return;
    const reason = error instanceof Error ? error.message : 'unknown';
    this.#environment.logger.error({ reason }, 'a NAS procedure failed');
    connection.close('internal failure');
  }
}
