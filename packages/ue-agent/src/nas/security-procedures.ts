import {
  AuthenticationFailure,
  deriveKAmf,
  deriveKAmfPrime,
  deriveKSeaf,
  KAmfDirection,
} from '@mpquic/keys';
import {
  type AuthenticationRequest,
  algorithmBits,
  MmCause,
  type MmMessage,
  type N1ModeContainer,
  NAS_COUNT_LIMIT,
  NasDecodeError,
  readN1ModeContainer,
  type SecurityCapability,
  SecurityHeaderType,
  type SecurityModeCommand,
} from '@mpquic/nas';
import { wipe } from '@mpquic/wire';
import { recordSteps, type UeEnvironment } from '../ue-environment.ts';
import type { Usim } from '../usim.ts';
import type { AccessState } from './access-state.ts';
import type { NasChannel } from './nas-channel.ts';
import { UeSecurityContext } from './security-context.ts';

/** A context that a Security Mode Command took into use, and the COUNT of the answer to it. */
export interface AdoptedContext {
  readonly context: UeSecurityContext;
  readonly count: number;
}

/** Primary authentication and the Security Mode control procedure. TS 24.501 §5.4.1, §5.4.2 */
export class SecurityProcedures {
  readonly capability: SecurityCapability;
  readonly #environment: UeEnvironment;
  readonly #usim: Usim;
  readonly #servingNetworkName: string;
  readonly #isUsed: (context: UeSecurityContext) => boolean;
  #current: UeSecurityContext | undefined;
  /** Replaced, but still in use on the channel of the other access. */
  #previous: UeSecurityContext[] = [];
  /** Authenticated, not yet in use. */
  #partial: UeSecurityContext | undefined;

  /** @param isUsed whether any channel protects messages with the context */
  constructor(
    environment: UeEnvironment,
    usim: Usim,
    servingNetworkName: string,
    isUsed: (context: UeSecurityContext) => boolean,
  ) {
    const { encryption, integrity } = environment.policy;
    this.#environment = environment;
    this.#usim = usim;
    this.#servingNetworkName = servingNetworkName;
    this.#isUsed = isUsed;
    this.capability = {
      encryption: algorithmBits(...encryption),
      integrity: algorithmBits(...integrity),
    };
  }

  get current(): UeSecurityContext | undefined {
    return this.#current;
  }

  /** Answers a challenge; its keys form a partial context. TS 24.501 §5.4.1.3 */
  authenticate(channel: NasChannel, request: AuthenticationRequest): void {
    const { ngKsi, rand, autn, abba } = request;
    if (rand === undefined || autn === undefined) {
      refuse(channel, MmCause.invalidMandatoryInformation);
      return;
    }
    if (ngKsi.value === this.#current?.ngKsi) {
      refuse(channel, MmCause.ngKsiAlreadyInUse);
      return;
    }
    try {
      const { resStar, kAusf, steps } = this.#usim.answer(rand, autn, this.#servingNetworkName);
      recordSteps(this.#environment.events, steps);
      this.#partial?.dispose();
      this.#partial = this.#deriveContext(ngKsi.value, kAusf, abba);
      reply(channel, { type: 'authenticationResponse', resStar });
    } catch (error) {
      if (!(error instanceof AuthenticationFailure)) throw error;
      refuse(channel, FAILURE_CAUSE[error.cause], error.auts);
    }
  }

  /**
   * Takes a context into use, if the command is genuine and names what the UE offered.
   * @returns undefined where the UE refuses it
   */
  command(
    channel: NasChannel,
    state: AccessState,
    message: SecurityModeCommand,
    bytes: Uint8Array,
  ): AdoptedContext | undefined {
    const context = this.#contextFor(message, state);
    const { algorithms, replayedCapability, additionalInformation } = message;
    const { integrity, encryption } = this.#environment.policy;
    const supported =
      integrity.includes(algorithms.integrity) && encryption.includes(algorithms.encryption);
    if (context === undefined || !supported) return this.#reject(channel, context);
    const nas = context.prepare(this.#environment.crypto, algorithms, (steps) =>
      recordSteps(this.#environment.events, steps),
    );
    const opened = nas.unprotect(bytes, channel.access);
    if (typeof opened === 'string') {
      nas.dispose();
      return this.#reject(channel, context);
    }
    const sameCapability =
      replayedCapability.encryption === this.capability.encryption &&
      replayedCapability.integrity === this.capability.integrity;
    if (!sameCapability) {
      nas.dispose();
      return this.#reject(channel, context, MmCause.ueSecurityCapabilitiesMismatch);
    }
    context.adopt(nas);
    this.#takeIntoUse(channel, context);
    const again = additionalInformation?.retransmitInitialMessage === true;
    const initial = again ? state.initialMessage : undefined;
    const { count } = channel.send(
      {
        type: 'securityModeComplete',
        ...(initial === undefined ? {} : { messageContainer: initial }),
      },
      SecurityHeaderType.integrityProtectedAndCipheredWithNewContext,
    );
    return { context, count };
  }

  /**
   * K_AMF' of a handover over N2, taken into use on the channel where the container shows that the network has it.
   * TS 33.501 §6.9.2.3.3
   */
  handOver(channel: NasChannel, nasContainer: Uint8Array): UeSecurityContext | undefined {
    const from = this.#current;
    const container = readContainer(nasContainer);
    const counts = from?.nas?.counts[channel.access];
    if (from === undefined || counts === undefined || container === undefined) return undefined;
    const { algorithms, horizontalDerivation, ngKsi, sequenceNumber } = container.security;
    const { integrity, encryption } = this.#environment.policy;
    const supported =
      integrity.includes(algorithms.integrity) && encryption.includes(algorithms.encryption);
    if (!horizontalDerivation || ngKsi !== from.ngKsi || !supported) return undefined;
    const count = counts.estimateReceived(sequenceNumber);
    if (count >= NAS_COUNT_LIMIT) return undefined;
    const context = this.#deriveHorizontally(from, ngKsi, KAmfDirection.handover, count);
    const { crypto, events } = this.#environment;
    const nas = context.prepare(crypto, algorithms, (steps) => recordSteps(events, steps));
    context.adopt(nas);
    if (!crypto.equal(nas.handoverMac(container.authenticated), container.mac)) {
      context.dispose();
      return undefined;
    }
    this.#takeIntoUse(channel, context);
    return context;
  }

  /** Drops the context in use: the next registration starts from the subscription. */
  forget(): void {
    this.#partial?.dispose();
    this.#current?.dispose();
    for (const context of this.#previous) context.dispose();
    this.#partial = undefined;
    this.#current = undefined;
    this.#previous = [];
  }

  dispose(): void {
    this.forget();
    this.#usim.dispose();
  }

  #deriveContext(ngKsi: number, kAusf: Uint8Array, abba: Uint8Array): UeSecurityContext {
    const { crypto, events } = this.#environment;
    const kSeaf = deriveKSeaf(crypto, kAusf, this.#servingNetworkName);
    const kAmf = deriveKAmf(crypto, kSeaf.value, this.#usim.supi, abba);
    recordSteps(events, [kSeaf, kAmf]);
    wipe(kAusf);
    return new UeSecurityContext({ ngKsi, kAmf: kAmf.value, kSeaf: kSeaf.value });
  }

  /** The context that a command means, or a new one where it asks for K_AMF'. TS 33.501 §6.9.3 */
  #contextFor(
    { ngKsi, additionalInformation }: SecurityModeCommand,
    state: AccessState,
  ): UeSecurityContext | undefined {
    const named = [this.#partial, this.#current].find(
      (candidate) => candidate?.ngKsi === ngKsi.value,
    );
    if (additionalInformation?.horizontalDerivation !== true) return named;
    const from = this.#current;
    if (from === undefined) return undefined;
    const { idleMobility } = KAmfDirection;
    return this.#deriveHorizontally(from, ngKsi.value, idleMobility, state.initialCount);
  }

  /** K_AMF' in a context of its own. TS 33.501 A.13 */
  #deriveHorizontally(
    { kAmf, kSeaf }: UeSecurityContext,
    ngKsi: number,
    direction: KAmfDirection,
    nasCount: number,
  ): UeSecurityContext {
    const { crypto, events } = this.#environment;
    const step = deriveKAmfPrime(crypto, kAmf, direction, nasCount);
    recordSteps(events, [step]);
    return new UeSecurityContext({ ngKsi, kAmf: step.value, kSeaf: kSeaf?.slice() });
  }

  #takeIntoUse(channel: NasChannel, context: UeSecurityContext): void {
    const previous = this.#current;
    channel.secure(context);
    this.#current = context;
    if (this.#partial === context) this.#partial = undefined;
    if (previous !== undefined && previous !== context) this.#previous.push(previous);
    for (const old of this.#previous) if (!this.#isUsed(old)) old.dispose();
    this.#previous = this.#previous.filter((old) => this.#isUsed(old));
  }

  #reject(
    channel: NasChannel,
    context: UeSecurityContext | undefined,
    cause: number = MmCause.securityModeRejected,
  ): undefined {
    if (context !== undefined && context !== this.#current && context !== this.#partial) {
      context.dispose();
    }
    reply(channel, { type: 'securityModeReject', cause });
    return undefined;
  }
}

function readContainer(bytes: Uint8Array): N1ModeContainer | undefined {
  try {
    return readN1ModeContainer(bytes);
  } catch (error) {
    if (error instanceof NasDecodeError) return undefined;
    throw error;
  }
}

const FAILURE_CAUSE: { readonly [C in AuthenticationFailure['cause']]: number } = {
  mac_failure: MmCause.macFailure,
  synch_failure: MmCause.synchFailure,
  non_5g_authentication: MmCause.non5gAuthenticationUnacceptable,
};

function refuse(channel: NasChannel, cause: number, auts?: Uint8Array): void {
  reply(channel, {
    type: 'authenticationFailure',
    cause,
    ...(auts === undefined ? {} : { auts }),
  });
}

/** Protected once the exchange of NAS messages is secure. */
function reply(channel: NasChannel, message: MmMessage): void {
  if (channel.isSecure) channel.send(message, SecurityHeaderType.integrityProtectedAndCiphered);
  else channel.sendPlain(message);
}
