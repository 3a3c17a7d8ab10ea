import type { TargetCell } from '@mpquic/keys';
import {
  type Access,
  type ConfigurationUpdateCommand,
  type DeregistrationRequestToUe,
  type DownlinkNasTransport,
  encodeMm,
  type Guti,
  MmCause,
  type MmMessage,
  NAS_CONNECTION_ID,
  NO_KEY,
  RegistrationKind,
  type RegistrationRequest,
  SecurityHeaderType,
  type SecurityModeCommand,
  type SentMessage,
  ServiceType,
} from '@mpquic/nas';
import { rejection, UeFailure } from '../failure.ts';
import type { UeEnvironment } from '../ue-environment.ts';
import type { Usim } from '../usim.ts';
import type { AccessState } from './access-state.ts';
import { type HandoverCommand, handOver } from './handover.ts';
import type { MessageOf, NasChannel, ReceivedNas } from './nas-channel.ts';
import { NasConnections } from './nas-connections.ts';
import type { UeSecurityContext } from './security-context.ts';
import { SecurityProcedures } from './security-procedures.ts';

/** Where mobility management hands over what is not its own. */
export interface MobilityEvents {
  readonly transport: (message: DownlinkNasTransport, access: Access) => void;
  /** The network deregistered the UE, or its context is lost. */
  readonly deregistered: (access: Access) => void;
  /** Which PDU sessions the network has, a bit for each ID. TS 24.501 §9.11.3.44 */
  readonly sessionStatus: (bits: number) => void;
  /** CM-IDLE: the N1 connection of this access is over. */
  readonly idle: (access: Access) => void;
}

type Handler<M extends MmMessage> = (
  channel: NasChannel,
  received: ReceivedNas<M>,
  state: AccessState,
) => void;

/**
 * 5G mobility management of a UE: registration over each access for itself, service request,
 * deregistration. What the network starts is answered as it comes. TS 24.501 §5
 */
export class Mobility {
  readonly #environment: UeEnvironment;
  readonly #usim: Usim;
  readonly #events: MobilityEvents;
  readonly #security: SecurityProcedures;
  readonly #connections: NasConnections;
  readonly #handlers: { readonly [T in MmMessage['type']]?: Handler<MessageOf<T>> } = {
    authenticationRequest: (channel, { message }) => this.#security.authenticate(channel, message),
    securityModeCommand: (channel, received, state) =>
      this.#takeSecurityMode(channel, received, state),
    identityRequest: (channel, { message }) => this.#answerIdentity(channel, message.identityType),
    downlinkNasTransport: (_, { message, count }, { access }) => {
      if (count !== undefined) this.#events.transport(message, access);
    },
    configurationUpdateCommand: (channel, { message }) => this.#takeConfiguration(channel, message),
    deregistrationRequestToUe: (channel, { message }) => this.#takeDeregistration(channel, message),
  };
  #guti: Guti | undefined;

  constructor(environment: UeEnvironment, usim: Usim, network: string, events: MobilityEvents) {
    this.#environment = environment;
    this.#usim = usim;
    this.#events = events;
    this.#connections = new NasConnections(environment, {
      received: (state, received) => this.#handle(state, received),
      idle: (access) => events.idle(access),
    });
    this.#security = new SecurityProcedures(environment, usim, network, (context) =>
      this.#connections.states.some(({ channel }) => channel?.security === context),
    );
  }

  get guti(): Guti | undefined {
    return this.#guti;
  }

  /** The security context in use. */
  get security(): UeSecurityContext | undefined {
    return this.#security.current;
  }

  registered(access: Access): boolean {
    return this.#connections.state(access).registered;
  }

  connected(access: Access): boolean {
    return this.#connections.state(access).channel !== undefined;
  }

  /** K_gNB or K_N3IWF, while CM-CONNECTED over this access. */
  accessKey(access: Access): Uint8Array | undefined {
    return this.#connections.state(access).accessKey;
  }

  /**
   * Registers over one access, with the 5G-GUTI and the context of the other access where there is one.
   * @throws {UeFailure}
   */
  async register(access: Access, kind: number = RegistrationKind.initial): Promise<void> {
    const state = this.#connections.state(access);
    try {
      await this.#register(state, kind);
    } catch (error) {
      const cause = error instanceof UeFailure ? error.cause : undefined;
      if (this.#guti === undefined || !FORGET_CONTEXT.has(cause)) throw error;
      // TS 24.501 §5.5.1.2.5: without identity and context, from the start.
      this.#forgetContext();
      await this.#register(state, RegistrationKind.initial);
    }
  }

  /**
   * From CM-IDLE to CM-CONNECTED. TS 24.501 §5.6.1
   * @throws {UeFailure}
   */
  async requestService(access: Access): Promise<SentMessage> {
    const state = this.#connections.state(access);
    const guti = this.#guti;
    const context = this.security;
    if (!state.registered || guti === undefined || context === undefined) {
      throw new UeFailure('protocol', `the UE is not registered over ${access} access`);
    }
    const channel = await this.#connections.open(state);
    channel.security = context;
    const sent = this.#connections.sendInitial(state, channel, {
      type: 'serviceRequest',
      ngKsi: { mapped: false, value: context.ngKsi },
      serviceType: ServiceType.data,
      identity: {
        type: 'stmsi',
        amfSetId: guti.amfSetId,
        amfPointer: guti.amfPointer,
        tmsi: guti.tmsi,
      },
    });
    this.#connections.deriveKey(state, context, sent.count);
    const { message } = await channel.expect(
      ['serviceAccept', 'serviceReject'],
      this.#environment.policy.guardMs,
    );
    if (message.type === 'serviceAccept') {
      this.#takeSessionStatus(message.pduSessionStatus);
      return sent;
    }
    this.#connections.drop(state);
    if (FORGET_CONTEXT.has(message.cause)) this.#forgetContext();
    throw rejection('SERVICE REJECT', MmCause, message.cause);
  }

  /** Leaves CM-CONNECTED over an access. The registration stays. */
  goIdle(access: Access): void {
    this.#connections.drop(this.#connections.state(access));
  }

  /**
   * Deregisters over one access, or over both at once.
   * @throws {UeFailure} `no_answer`, with the UE deregistered all the same
   */
  async deregister(access: Access, both = false): Promise<void> {
    const state = this.#connections.state(access);
    const { channel } = state;
    const context = this.security;
    const identity = this.#guti;
    if (channel === undefined || context === undefined || identity === undefined) return;
    channel.send(
      {
        type: 'deregistrationRequestFromUe',
        deregistrationType: {
          access: both ? BOTH_ACCESSES : NAS_CONNECTION_ID[access],
          reregistrationRequired: false,
          switchOff: false,
        },
        ngKsi: { mapped: false, value: context.ngKsi },
        identity,
      },
      SecurityHeaderType.integrityProtectedAndCiphered,
    );
    try {
      await channel.expect(['deregistrationAcceptToUe'], this.#environment.policy.guardMs);
    } finally {
      for (const each of both ? this.#connections.states : [state]) this.#deregistered(each);
    }
  }

  /** Sends an UL NAS TRANSPORT; its COUNT enters derivations. @throws {UeFailure} in CM-IDLE */
  send(access: Access, message: Extract<MmMessage, { type: 'uplinkNasTransport' }>): SentMessage {
    const { channel } = this.#connections.state(access);
    if (channel === undefined) {
      throw new UeFailure('connection_lost', `the UE is idle over ${access} access`);
    }
    return channel.send(message, SecurityHeaderType.integrityProtectedAndCiphered);
  }

  /** A handover over 3GPP access. @throws {UeFailure} */
  handOver(cell: TargetCell, command: HandoverCommand): void {
    handOver(this.#environment, this.#security, this.#connections.state('3gpp'), cell, command);
  }

  /** Closes the connections and overwrites all keys, without telling the network. */
  dispose(): void {
    for (const state of this.#connections.states) this.#connections.drop(state);
    this.#security.dispose();
  }

  async #register(state: AccessState, kind: number): Promise<void> {
    const { policy } = this.#environment;
    const channel = state.channel ?? (await this.#connections.open(state));
    const context = this.#guti === undefined ? undefined : this.security;
    const request: RegistrationRequest = {
      type: 'registrationRequest',
      registrationType: { kind, followOnRequestPending: true },
      ngKsi: { mapped: false, value: context?.ngKsi ?? NO_KEY },
      identity: this.#guti ?? this.#usim.conceal(),
      securityCapability: this.#security.capability,
    };
    if (context === undefined) {
      state.initialMessage = encodeMm(request);
      state.initialCount = 0;
      channel.sendPlain(request);
    } else {
      channel.security = context;
      const sent = this.#connections.sendInitial(state, channel, request);
      this.#connections.deriveKey(state, context, sent.count);
    }
    const { message } = await channel.expect(
      ['registrationAccept', 'registrationReject', 'authenticationReject'],
      policy.guardMs,
    );
    if (message.type !== 'registrationAccept') {
      this.#connections.drop(state);
      if (message.type === 'registrationReject') {
        throw rejection('REGISTRATION REJECT', MmCause, message.cause);
      }
      this.#forgetContext();
      throw new UeFailure(
        'not_authentic',
        'AUTHENTICATION REJECT: the network does not know this USIM',
      );
    }
    state.registered = true;
    this.#takeSessionStatus(message.pduSessionStatus);
    if (message.guti?.type === 'guti') {
      this.#guti = message.guti;
      const headerType = SecurityHeaderType.integrityProtectedAndCiphered;
      channel.send({ type: 'registrationComplete' }, headerType);
    }
  }

  /** What the network starts. */
  #handle(state: AccessState, received: ReceivedNas): void {
    const { channel } = state;
    const handler = this.#handlers[received.message.type] as Handler<MmMessage> | undefined;
    if (channel === undefined) return;
    if (handler !== undefined) handler(channel, received, state);
    else this.#environment.logger.debug({ type: received.message.type }, 'NAS message ignored');
  }

  #takeSecurityMode(
    channel: NasChannel,
    { message, bytes }: ReceivedNas<SecurityModeCommand>,
    state: AccessState,
  ): void {
    const adopted = this.#security.command(channel, state, message, bytes);
    if (adopted === undefined) return;
    // Other algorithms under the same K_AMF leave the key of the access node as it is.
    if (state.accessKey !== undefined && state.accessRoot === adopted.context) return;
    this.#connections.deriveKey(state, adopted.context, adopted.count);
  }

  #takeSessionStatus(bits: number | undefined): void {
    if (bits !== undefined) this.#events.sessionStatus(bits);
  }

  /** TS 24.501 §5.4.4.3 */
  #takeConfiguration(channel: NasChannel, message: ConfigurationUpdateCommand): void {
    const { guti, indication = 0 } = message;
    if (guti?.type === 'guti') this.#guti = guti;
    if ((indication & ACKNOWLEDGEMENT_REQUESTED) !== 0) {
      const headerType = SecurityHeaderType.integrityProtectedAndCiphered;
      channel.send({ type: 'configurationUpdateComplete' }, headerType);
    }
    if ((indication & REGISTRATION_REQUESTED) === 0) return;
    const { access } = channel;
    this.register(access, RegistrationKind.mobilityUpdate).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#environment.logger.warn({ access, reason }, 'no registration update');
    });
  }

  #takeDeregistration(
    channel: NasChannel,
    { deregistrationType }: DeregistrationRequestToUe,
  ): void {
    const headerType = SecurityHeaderType.integrityProtectedAndCiphered;
    channel.send({ type: 'deregistrationAcceptFromUe' }, headerType);
    for (const state of this.#connections.states) {
      if ((deregistrationType.access & NAS_CONNECTION_ID[state.access]) !== 0) {
        this.#deregistered(state);
      }
    }
  }

  #answerIdentity(channel: NasChannel, identityType: number): void {
    const identity = identityType === SUCI ? this.#usim.conceal() : ({ type: 'none' } as const);
    const response = { type: 'identityResponse', identity } as const;
    if (channel.isSecure) channel.send(response, SecurityHeaderType.integrityProtectedAndCiphered);
    else channel.sendPlain(response);
  }

  #deregistered(state: AccessState): void {
    state.registered = false;
    this.#connections.drop(state);
    this.#events.deregistered(state.access);
    if (!this.#connections.states.some(({ registered }) => registered)) this.#forgetContext();
  }

  #forgetContext(): void {
    this.#guti = undefined;
    for (const state of this.#connections.states) {
      if (state.channel !== undefined) this.#connections.drop(state);
      if (!state.registered) continue;
      state.registered = false;
      this.#events.deregistered(state.access);
    }
    this.#security.forget();
  }
}

/** The network does not know the UE by its temporary identity. TS 24.501 §5.5.1.2.5 */
const FORGET_CONTEXT: ReadonlySet<unknown> = new Set([
  MmCause.ueIdentityCannotBeDerived,
  MmCause.implicitlyDeregistered,
]);
/** Configuration update indication. TS 24.501 §9.11.3.18 */
const ACKNOWLEDGEMENT_REQUESTED = 1;
const REGISTRATION_REQUESTED = 2;
const BOTH_ACCESSES = 3;
const SUCI = 1;
