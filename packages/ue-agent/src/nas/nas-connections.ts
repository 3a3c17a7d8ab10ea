import { deriveKGnb } from '@mpquic/keys';
import {
  type Access,
  encodeMm,
  type MmMessage,
  SecurityHeaderType,
  type SentMessage,
} from '@mpquic/nas';
import { recordSteps, type UeEnvironment } from '../ue-environment.ts';
import { type AccessState, createAccessState, forgetAccessKey } from './access-state.ts';
import { NasChannel, type ReceivedNas } from './nas-channel.ts';
import type { UeSecurityContext } from './security-context.ts';

export interface NasConnectionEvents {
  /** A message that nobody waits for. */
  readonly received: (state: AccessState, received: ReceivedNas) => void;
  /** The network or the link ended the connection of this access: CM-IDLE. */
  readonly idle: (access: Access) => void;
}

/** The UE's N1 signalling connections, one for each access, each with the key of its access node. TS 24.501 §5.3.1 */
export class NasConnections {
  /** The UE on each access. */
  readonly states: readonly AccessState[] = [
    createAccessState('3gpp'),
    createAccessState('non-3gpp'),
  ];
  readonly #environment: UeEnvironment;
  readonly #events: NasConnectionEvents;

  constructor(environment: UeEnvironment, events: NasConnectionEvents) {
    this.#environment = environment;
    this.#events = events;
  }

  state(access: Access): AccessState {
    return this.states[access === '3gpp' ? 0 : 1] as AccessState;
  }

  /** From CM-IDLE to CM-CONNECTED; a connection that is there is dropped. @throws {UeFailure} */
  async open(state: AccessState): Promise<NasChannel> {
    this.drop(state);
    const { access } = state;
    const channel = new NasChannel({
      access,
      events: this.#environment.events,
      unexpected: (received) => this.#events.received(state, received),
      discarded: (reason) => {
        this.#environment.logger.debug({ access, reason }, 'downlink NAS message dropped');
      },
      ended: () => {
        if (state.channel !== channel) return;
        state.channel = undefined;
        forgetAccessKey(state);
        this.#events.idle(access);
      },
    });
    channel.attach(await this.#environment.connectN1(access, channel));
    state.channel = channel;
    return channel;
  }

  /** Leaves CM-CONNECTED. */
  drop(state: AccessState): void {
    const { channel } = state;
    state.channel = undefined;
    forgetAccessKey(state);
    channel?.close();
  }

  /** An initial message is protected but not ciphered, so that the AMF can read who sent it. */
  sendInitial(state: AccessState, channel: NasChannel, message: MmMessage): SentMessage {
    const sent = channel.send(message, SecurityHeaderType.integrityProtected);
    state.initialMessage = encodeMm(message);
    state.initialCount = sent.count;
    return sent;
  }

  /** K_gNB or K_N3IWF for the transition to CM-CONNECTED. TS 33.501 §6.8.1.2.2, A.9 */
  deriveKey(state: AccessState, context: UeSecurityContext, ulNasCount: number): void {
    const { access } = state;
    const type = access === '3gpp' ? 1 : 2;
    const step = deriveKGnb(this.#environment.crypto, context.kAmf, ulNasCount, type);
    recordSteps(this.#environment.events, [step], access);
    forgetAccessKey(state);
    state.accessKey = step.value;
    state.accessRoot = context;
  }
}
