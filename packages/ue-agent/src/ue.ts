import { findSolution, type PlmnId, servingNetworkName, type TargetCell } from '@mpquic/keys';
import { type Access, RegistrationKind, type SolutionId } from '@mpquic/nas';
import { equalBytes, wipe } from '@mpquic/wire';
import { UeFailure } from './failure.ts';
import type { HandoverCommand } from './nas/handover.ts';
import { Mobility } from './nas/mobility.ts';
import { forgetPsk, type MaPduSession, type UePsk } from './session/ma-pdu-session.ts';
import { SessionManagement } from './session/session-management.ts';
import {
  deriveSessionPsk,
  type KeyDelivery,
  ownedOctets,
  type PskPolicy,
} from './session/session-psk.ts';
import type { UeEnvironment } from './ue-environment.ts';
import type { Usim } from './usim.ts';

/** Everything that one UE is made of. */
export interface UeOptions {
  readonly environment: UeEnvironment;
  readonly usim: Usim;
  /** The network that it camps on. */
  readonly plmn: PlmnId;
  readonly psk: PskPolicy & { readonly solutions: readonly SolutionId[] };
}

/** A key that came, or will come, in a message of its own (Solution #6). */
interface PendingKey {
  delivery: KeyDelivery | undefined;
  waiting: ((delivery: KeyDelivery) => void) | undefined;
}

/**
 * A UE towards the 5G core: registration over both accesses, MA PDU sessions and their PSKs. What it
 * uses the PSKs for is not its business.
 */
export class Ue {
  readonly #environment: UeEnvironment;
  readonly #usim: Usim;
  readonly #psk: UeOptions['psk'];
  readonly #mobility: Mobility;
  readonly #sessions: SessionManagement;
  readonly #pending = new WeakMap<MaPduSession, PendingKey>();
  /** Called when the network replaced the PSK of a session, or a session ended. */
  onPskChanged: ((session: MaPduSession, psk: UePsk | undefined) => void) | undefined;

  /** Called when a session has another PSK or another UPF: its connections are to be made anew. */
  onConnectionsStale: ((session: MaPduSession) => void) | undefined;

  /** Called when the network changed the rules of a session. */
  onSessionModified: ((session: MaPduSession) => void) | undefined;

  constructor({ environment, usim, plmn, psk }: UeOptions) {
    this.#environment = environment;
    this.#usim = usim;
    this.#psk = psk;
    this.#mobility = new Mobility(environment, usim, servingNetworkName(plmn), {
      transport: (message, access) => this.#sessions.receive(message, access),
      deregistered: () => this.#afterDeregistration(),
      sessionStatus: (bits) => this.#sessions.keepOnly(bits),
      idle: (access) => environment.logger.debug({ access }, 'CM-IDLE'),
    });
    this.#sessions = new SessionManagement(environment, this.#mobility, plmn, psk.solutions, {
      pskParameters: (session, parameters) => this.#takeKey(session, parameters),
      released: (session) => this.onPskChanged?.(session, undefined),
      moved: (session) => this.onConnectionsStale?.(session),
      modified: (session) => this.onSessionModified?.(session),
    });
  }

  get supi(): string {
    return this.#usim.supi;
  }

  registered(access: Access): boolean {
    return this.#mobility.registered(access);
  }

  connected(access: Access): boolean {
    return this.#mobility.connected(access);
  }

  /** @throws {UeFailure} */
  register(access: Access): Promise<void> {
    return this.#mobility.register(access);
  }

  /** Mobility registration update, with which the AMF may take K_AMF' into use. @throws {UeFailure} */
  updateRegistration(access: Access): Promise<void> {
    return this.#mobility.register(access, RegistrationKind.mobilityUpdate);
  }

  /** CM-IDLE over one access. */
  goIdle(access: Access): void {
    this.#mobility.goIdle(access);
  }

  /**
   * CM-CONNECTED again. Where the solution updates its PSKs then (Solution #1), all sessions get new ones.
   * @throws {UeFailure}
   */
  async requestService(access: Access): Promise<void> {
    const { count } = await this.#mobility.requestService(access);
    for (const session of this.#sessions.sessions) {
      const { psk } = session;
      if (psk === undefined || findSolution(psk.solution).update.trigger !== 'idle_to_connected') {
        continue;
      }
      session.access = access;
      session.ulNasCount = count;
      this.#replaceOrReport(session, {});
    }
  }

  /** An MA PDU session, without a PSK yet. @throws {UeFailure} */
  establishSession(pduSessionId: number, access: Access): Promise<MaPduSession> {
    return this.#sessions.establish(pduSessionId, access);
  }

  /** Whether a session is one that the network still knows. */
  holds(session: MaPduSession): boolean {
    return this.#sessions.find(session.pduSessionId) === session;
  }

  /**
   * The PSK of a session: derived now from what this UE holds, or waited for where the network sends it.
   * @throws {UeFailure}
   */
  async derivePsk(session: MaPduSession): Promise<UePsk> {
    const { indication } = session;
    const solution = indication?.usingPsk ? findSolution(indication.solution ?? '4') : undefined;
    const delivery =
      solution?.ueNotice.message === 'dl_nas_transport' ? await this.#nextKey(session) : {};
    return this.#replacePsk(session, delivery);
  }

  /** Asks the core for a new PSK (Solution #6, re-keying) and waits until it is there. @throws {UeFailure} */
  async renewPsk(session: MaPduSession): Promise<UePsk> {
    const before = session.psk?.generation ?? 0;
    await this.#sessions.requestNewPsk(session);
    if (session.psk !== undefined && session.psk.generation > before) return session.psk;
    return this.#replacePsk(session, await this.#nextKey(session));
  }

  /** @throws {UeFailure} */
  async releaseSession(session: MaPduSession): Promise<void> {
    await this.#sessions.release(session);
  }

  /**
   * A handover over 3GPP access: K_NG-RAN* of the new cell replaces K_gNB; over N2 K_AMF may change with it.
   * @throws {UeFailure}
   */
  handOver(cell: TargetCell, command: HandoverCommand = {}): void {
    this.#mobility.handOver(cell, command);
  }

  /** @throws {UeFailure} */
  deregister(access: Access, both = false): Promise<void> {
    return this.#mobility.deregister(access, both);
  }

  /** Closes the signalling connections and overwrites every key. */
  dispose(): void {
    this.#sessions.forgetAll();
    this.#mobility.dispose();
    for (const { key } of this.#psk.provisioned) wipe(key);
  }

  #replacePsk(session: MaPduSession, delivery: KeyDelivery): UePsk {
    if (!this.holds(session)) {
      delivery.psk?.dispose();
      throw new UeFailure('no_psk', `PDU session ${session.pduSessionId} is over`);
    }
    const psk = deriveSessionPsk(
      this.#environment,
      this.#mobility,
      this.#usim.imsi,
      session,
      this.#psk,
      delivery,
    );
    delivery.psk?.dispose();
    const { psk: before } = session;
    if (before !== undefined && samePsk(before, psk)) {
      wipe(psk.key);
      session.psk = { ...before, generation: psk.generation };
      return session.psk;
    }
    forgetPsk(session);
    session.psk = psk;
    this.onPskChanged?.(session, psk);
    if (before !== undefined) this.onConnectionsStale?.(session);
    return psk;
  }

  /** New parameters: at once for a session in use, else kept for {@link derivePsk}. */
  #takeKey(session: MaPduSession, delivery: KeyDelivery): void {
    const owned = { ...delivery, ...ownedOctets(delivery) };
    const pending = this.#pending.get(session);
    if (pending?.waiting !== undefined) {
      pending.waiting(owned);
      pending.waiting = undefined;
    } else if (session.psk !== undefined) {
      this.#replaceOrReport(session, owned);
    } else if (delivery.psk !== undefined || delivery.random !== undefined) {
      this.#pending.set(session, { delivery: owned, waiting: undefined });
    }
  }

  /** The network's message asks for a key that this UE cannot make: the old one stays. */
  #replaceOrReport(session: MaPduSession, delivery: KeyDelivery): void {
    try {
      this.#replacePsk(session, delivery);
    } catch (error) {
      if (!(error instanceof UeFailure)) throw error;
      const { pduSessionId } = session;
      this.#environment.logger.warn({ pduSessionId, reason: error.message }, 'no new PSK');
    }
  }

  #nextKey(session: MaPduSession): Promise<KeyDelivery> {
    const pending = this.#pending.get(session) ?? { delivery: undefined, waiting: undefined };
    this.#pending.set(session, pending);
    const { delivery } = pending;
    pending.delivery = undefined;
    if (delivery !== undefined) return Promise.resolve(delivery);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        pending.waiting = undefined;
        reject(new UeFailure('no_psk', 'the network sends no key'));
      }, this.#environment.policy.guardMs);
      pending.waiting = (key) => {
        clearTimeout(timer);
        resolve(key);
      };
    });
  }

  #afterDeregistration(): void {
    const anywhere = this.registered('3gpp') || this.registered('non-3gpp');
    if (!anywhere) this.#sessions.forgetAll();
  }
}

/** A modification that changes nothing for the key leaves its connections alone. */
function samePsk(a: UePsk, b: UePsk): boolean {
  return a.mode === b.mode && equalBytes(a.kid, b.kid) && equalBytes(a.key, b.key);
}
