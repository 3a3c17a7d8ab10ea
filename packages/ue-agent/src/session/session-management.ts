import {
  type Access,
  causeName,
  type DownlinkNasTransport,
  decodeSm,
  type EstablishmentAccept,
  encodeSm,
  FULL_INTEGRITY_RATE,
  findPskParameters,
  MmCause,
  type ModificationCommand,
  NasDecodeError,
  PayloadType,
  PduSessionType,
  type Plmn,
  PskContainerId,
  type PskParameters,
  pskContainer,
  RequestType,
  type SentMessage,
  SmCause,
  type SmMessage,
  type SolutionId,
} from '@mpquic/nas';
import { rejection, UeFailure } from '../failure.ts';
import type { Mobility } from '../nas/mobility.ts';
import type { UeEnvironment } from '../ue-environment.ts';
import {
  applyModification,
  forgetPsk,
  type MaPduSession,
  readAccept,
  UE_SM_CAPABILITY,
} from './ma-pdu-session.ts';
import { ownedOctets } from './session-psk.ts';
import { SessionTransactions } from './session-transactions.ts';

export interface SessionEvents {
  /** The network sent new PSK parameters or a key for a session. */
  readonly pskParameters: (session: MaPduSession, parameters: PskParameters) => void;
  /** The session has another UPF. */
  readonly moved: (session: MaPduSession) => void;
  /** The session is over; its PSK is wiped already. */
  readonly released: (session: MaPduSession) => void;
  /** The network changed rules, proxies or addresses. */
  readonly modified: (session: MaPduSession) => void;
}

/** 5G session management of a UE: MA PDU sessions, over whichever access. TS 24.501 §6.4 */
export class SessionManagement {
  readonly #environment: UeEnvironment;
  readonly #mobility: Mobility;
  readonly #events: SessionEvents;
  readonly #plmn: Plmn;
  readonly #solutions: readonly SolutionId[];
  readonly #sessions = new Map<number, MaPduSession>();
  readonly #transactions: SessionTransactions;
  readonly #establishing = new Set<number>();
  /** Keys that came before their session was ready: at most one for each that is asked for. */
  readonly #early = new Map<number, PskParameters>();

  constructor(
    environment: UeEnvironment,
    mobility: Mobility,
    plmn: Plmn,
    solutions: readonly SolutionId[],
    events: SessionEvents,
  ) {
    this.#environment = environment;
    this.#mobility = mobility;
    this.#plmn = plmn;
    this.#solutions = solutions;
    this.#events = events;
    this.#transactions = new SessionTransactions(environment.policy.guardMs);
  }

  get sessions(): Iterable<MaPduSession> {
    return this.#sessions.values();
  }

  find(pduSessionId: number): MaPduSession | undefined {
    return this.#sessions.get(pduSessionId);
  }

  /**
   * Asks for an MA PDU session over one access. TS 23.502 §4.22.2.1
   * @throws {UeFailure}
   */
  async establish(pduSessionId: number, access: Access): Promise<MaPduSession> {
    if (this.#sessions.has(pduSessionId) || this.#establishing.has(pduSessionId)) {
      throw new UeFailure('protocol', `PDU session ${pduSessionId} exists already`);
    }
    this.#establishing.add(pduSessionId);
    try {
      const session = await this.#establish(pduSessionId, access);
      if (this.#sessions.get(pduSessionId) !== session) {
        throw new UeFailure(
          'rejected',
          'the network released the PDU session as soon as it was there',
        );
      }
      const keys = this.#early.get(pduSessionId);
      if (keys !== undefined) this.#events.pskParameters(session, keys);
      return session;
    } finally {
      this.#early.delete(pduSessionId);
      this.#establishing.delete(pduSessionId);
    }
  }

  /**
   * Releases a session. TS 24.501 §6.4.3
   * @throws {UeFailure}
   */
  async release(session: MaPduSession): Promise<void> {
    const { pduSessionId, access } = session;
    const transaction = this.#transactions.next();
    this.#send(this.#connectedAccess(access), {
      type: 'releaseRequest',
      pduSessionId,
      procedureTransactionId: transaction,
      cause: SmCause.regularDeactivation,
    });
    const types = ['releaseCommand', 'releaseReject'] as const;
    await this.#transactions.expect(transaction, pduSessionId, types, (answer) => {
      if (answer.type === 'releaseCommand') return;
      throw rejection('PDU SESSION RELEASE REJECT', SmCause, answer.cause);
    });
  }

  /**
   * Asks for a new PSK, which comes with the network's answer or behind it (Solution #6).
   * @throws {UeFailure}
   */
  async requestNewPsk(session: MaPduSession): Promise<void> {
    const { pduSessionId, access } = session;
    const transaction = this.#transactions.next();
    const used = this.#connectedAccess(access);
    const request: SmMessage = {
      type: 'modificationRequest',
      pduSessionId,
      procedureTransactionId: transaction,
      configuration: [pskContainer(PskContainerId.renewalRequest, { plmn: this.#plmn })],
    };
    const { count } = this.#send(used, request, { requestType: RequestType.modificationRequest });
    session.access = used;
    session.ulNasCount = count;
    const types = ['modificationCommand', 'modificationReject'] as const;
    await this.#transactions.expect(transaction, pduSessionId, types, (answer) => {
      if (answer.type === 'modificationCommand') return;
      throw rejection('PDU SESSION MODIFICATION REJECT', SmCause, answer.cause);
    });
  }

  /** Takes a DL NAS TRANSPORT, whose protection was checked. */
  receive(transport: DownlinkNasTransport, access: Access): void {
    const { payloadType, payload, cause } = transport;
    if (payloadType === PayloadType.transparent) this.#takeKey(transport);
    if (payloadType !== PayloadType.n1Sm) return;
    let message: SmMessage;
    try {
      message = decodeSm(payload);
    } catch (error) {
      if (!(error instanceof NasDecodeError)) throw error;
      this.#answerUndecodable(access, error);
      return;
    }
    if (cause !== undefined) {
      // The network sends back what it could not forward. TS 24.501 §5.4.5.3
      const reason = `the AMF did not forward the request: ${causeName(MmCause, cause)}`;
      this.#transactions.fail(
        message.procedureTransactionId,
        new UeFailure('rejected', reason, cause),
      );
      return;
    }
    this.#take(message, access);
  }

  /** The network has only the sessions of these bits: the others are over. TS 24.501 §5.5.1.2.4 */
  keepOnly(bits: number): void {
    for (const session of [...this.#sessions.values()]) {
      if ((bits & (1 << session.pduSessionId)) === 0) this.#remove(session);
    }
  }

  /** All sessions are over, with their PSKs wiped: the UE is deregistered. */
  forgetAll(): void {
    const lost = new UeFailure('connection_lost', 'the UE is deregistered');
    this.#transactions.failAll(lost);
    for (const session of [...this.#sessions.values()]) this.#remove(session);
  }

  async #establish(pduSessionId: number, access: Access): Promise<MaPduSession> {
    const { policy } = this.#environment;
    const transaction = this.#transactions.next();
    const request: SmMessage = {
      type: 'establishmentRequest',
      pduSessionId,
      procedureTransactionId: transaction,
      integrityProtectionRate: FULL_INTEGRITY_RATE,
      pduSessionType: PduSessionType.ipv4,
      sscMode: 1,
      capability: policy.mpquic === false ? {} : UE_SM_CAPABILITY,
      configuration: [
        pskContainer(PskContainerId.capability, { plmn: this.#plmn, solutions: this.#solutions }),
      ],
    };
    const sent = this.#send(access, request, {
      requestType: RequestType.maPduRequest,
      snssai: policy.snssai,
      dnn: policy.dnn,
    });
    const types = ['establishmentAccept', 'establishmentReject'] as const;
    return await this.#transactions.expect(transaction, pduSessionId, types, (answer) => {
      if (answer.type === 'establishmentAccept') return this.#admit(answer, access, sent.count);
      throw rejection('PDU SESSION ESTABLISHMENT REJECT', SmCause, answer.cause);
    });
  }

  /** A session is there from the very message on: the next one may be about it. @throws {UeFailure} */
  #admit(answer: EstablishmentAccept, access: Access, ulNasCount: number): MaPduSession {
    const { pduSessionId, configuration } = answer;
    const session = { ...readAccept(answer), pduSessionId, access, ulNasCount, psk: undefined };
    this.#sessions.set(pduSessionId, session);
    const keys = findPskParameters(configuration, PskContainerId.keyDelivery);
    if (keys !== undefined) this.#events.pskParameters(session, keys);
    return session;
  }

  /** Key and PDU session ID straight from the AMF (Solution #6, step 5b): a testbed encoding. */
  #takeKey({ payload, pduSessionId }: DownlinkNasTransport): void {
    const identifier = PskContainerId.keyDelivery;
    const parameters = findPskParameters([{ identifier, content: payload }], identifier);
    const session = pduSessionId === undefined ? undefined : this.#sessions.get(pduSessionId);
    if (parameters !== undefined && session !== undefined) {
      this.#events.pskParameters(session, parameters);
    } else if (
      parameters !== undefined &&
      pduSessionId !== undefined &&
      this.#establishing.has(pduSessionId)
    ) {
      this.#early.set(pduSessionId, { ...parameters, ...ownedOctets(parameters) });
    } else {
      this.#environment.logger.warn({ pduSessionId }, 'a PSK for no session of this UE');
    }
  }

  #take(message: SmMessage, access: Access): void {
    const { pduSessionId, procedureTransactionId: transaction } = message;
    const session = this.#sessions.get(pduSessionId);
    if (message.type === 'modificationCommand') {
      if (session === undefined) this.#refuse(message, access, SmCause.pduSessionDoesNotExist);
      else this.#modify(session, message, access);
    } else if (message.type === 'releaseCommand') {
      this.#send(access, {
        type: 'releaseComplete',
        pduSessionId,
        procedureTransactionId: transaction,
      });
      if (session !== undefined) this.#remove(session);
    } else if (message.type === 'smStatus') {
      const reason = `5GSM STATUS: ${causeName(SmCause, message.cause)}`;
      this.#transactions.fail(transaction, new UeFailure('rejected', reason, message.cause));
      return;
    }
    this.#transactions.deliver(message);
  }

  #modify(session: MaPduSession, command: ModificationCommand, access: Access): void {
    const { configuration, pduSessionId, procedureTransactionId } = command;
    let moved: boolean;
    try {
      moved = applyModification(session, command);
    } catch (error) {
      if (!(error instanceof UeFailure)) throw error;
      this.#refuse(command, access, SmCause.semanticallyIncorrectMessage);
      return;
    }
    this.#send(access, { type: 'modificationComplete', pduSessionId, procedureTransactionId });
    this.#events.modified(session);
    const keys = findPskParameters(configuration, PskContainerId.keyDelivery);
    const parameters = keys ?? findPskParameters(configuration, PskContainerId.indication);
    if (parameters !== undefined) this.#events.pskParameters(session, parameters);
    if (moved) this.#events.moved(session);
  }

  #refuse(
    { pduSessionId, procedureTransactionId }: ModificationCommand,
    access: Access,
    cause: number,
  ): void {
    this.#send(access, {
      type: 'modificationCommandReject',
      pduSessionId,
      procedureTransactionId,
      cause,
    });
  }

  #answerUndecodable(access: Access, { cause, undecoded }: NasDecodeError): void {
    if (cause === undefined) return;
    const { pduSessionId = 0, procedureTransactionId = 0 } = undecoded;
    this.#send(access, { type: 'smStatus', pduSessionId, procedureTransactionId, cause });
  }

  #send(
    access: Access,
    message: SmMessage,
    options: {
      requestType?: number;
      snssai?: UeEnvironment['policy']['snssai'];
      dnn?: string;
    } = {},
  ): SentMessage {
    return this.#mobility.send(access, {
      type: 'uplinkNasTransport',
      payloadType: PayloadType.n1Sm,
      payload: encodeSm(message),
      pduSessionId: message.pduSessionId,
      ...options,
    });
  }

  /** The preferred access, or the other where the UE is idle over it. */
  #connectedAccess(preferred: Access): Access {
    if (this.#mobility.connected(preferred)) return preferred;
    return preferred === '3gpp' ? 'non-3gpp' : '3gpp';
  }

  #remove(session: MaPduSession): void {
    this.#sessions.delete(session.pduSessionId);
    const { psk } = session;
    if (psk !== undefined) {
      this.#environment.events.record({
        type: 'psk',
        holder: 'ue',
        state: 'deleted',
        kid: psk.kid,
        solution: psk.solution,
        variant: psk.variant,
        pduSessionId: session.pduSessionId,
      });
    }
    forgetPsk(session);
    this.#events.released(session);
  }
}
