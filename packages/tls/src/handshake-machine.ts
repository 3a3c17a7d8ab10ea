import { InvalidKeyShare } from '@mpquic/crypto';
import { UnexpectedEnd, UsageError } from '@mpquic/wire';
import { Alert } from './alert.ts';
import { illegalParameter } from './codec.ts';
import {
  type EncryptionLevel,
  type ExternalPsk,
  type Handshake,
  type HandshakeEvent,
  TlsAlert,
} from './handshake.ts';
import type { HandshakeOutput } from './handshake-output.ts';
import { type HandshakeMessage, messageName } from './messages/message.ts';
import { MessageReader } from './messages/message-reader.ts';
import { ProtocolViolation } from './protocol-violation.ts';

/** Waits for the next message, which comes at `level`. */
export interface ReadingState {
  readonly kind: 'reading';
  readonly level: EncryptionLevel;
  /** @throws {TlsAlert} or {ProtocolViolation}, and what the codecs throw */
  handle(message: HandshakeMessage): HandshakeState;
  wipe(): void;
}

/** Waits for the answer to a `psk_lookup`. */
export interface LookupState {
  readonly kind: 'lookup';
  readonly level: EncryptionLevel;
  answer(psks: readonly (ExternalPsk | undefined)[]): HandshakeState;
  wipe(): void;
}

/** One small type per state; each holds what is known there, and makes the next. */
export type HandshakeState = ReadingState | LookupState;

/** Where a handshake begins. */
export interface HandshakeBeginning {
  /** Makes the first state; a client's sends the ClientHello. */
  begin(): HandshakeState;
  /** Wipes what {@link begin} would have used. */
  wipe(): void;
}

/** What both roles share: messages cut from CRYPTO data, states that follow each other, events. */
export class HandshakeMachine implements Handshake {
  readonly role: 'client' | 'server';
  readonly #output: HandshakeOutput;
  readonly #reader: MessageReader = new MessageReader();
  /** Until the handshake is complete. */
  #beginning: HandshakeBeginning | undefined;
  #state: HandshakeState | undefined;
  #failure: TlsAlert | ProtocolViolation | undefined;
  #disposed = false;

  constructor(role: 'client' | 'server', output: HandshakeOutput, beginning: HandshakeBeginning) {
    this.role = role;
    this.#output = output;
    this.#beginning = beginning;
    if (role === 'server') this.#state = beginning.begin();
  }

  start(): void {
    if (this.#state !== undefined || this.#failure !== undefined || this.#disposed) {
      throw new UsageError('only a client is started, and only once');
    }
    this.#state = this.#beginning?.begin();
  }

  receive(level: EncryptionLevel, data: Uint8Array): void {
    if (data.length === 0) return;
    try {
      const state = this.#current();
      if (level !== state.level) {
        // RFC 9001 §4.1.3: nothing new may come at a level that was left.
        throw new ProtocolViolation(`CRYPTO data at ${level} level, ${state.level} is due`);
      }
      this.#reader.append(data);
      this.#handleMessages();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  answerPskLookup(psks: readonly (ExternalPsk | undefined)[]): void {
    try {
      const state = this.#current();
      if (state.kind !== 'lookup') throw new UsageError('no PSK lookup waits for an answer');
      this.#enter(state, state.answer(psks));
      this.#handleMessages();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  nextEvent(): HandshakeEvent | undefined {
    return this.#output.next();
  }

  dispose(): void {
    this.#beginning?.wipe();
    this.#state?.wipe();
    this.#output.clear();
    this.#disposed = true;
    this.#state = undefined;
  }

  #handleMessages(): void {
    for (;;) {
      const state = this.#current();
      if (state.kind === 'lookup') return;
      const message = this.#reader.next();
      if (message === undefined) return;
      this.#enter(state, state.handle(message));
    }
  }

  #enter(before: HandshakeState, state: HandshakeState): void {
    this.#state = state;
    if (state.level === 'application') {
      this.#beginning?.wipe();
      this.#beginning = undefined;
    }
    // RFC 9001 §4.1.3: nothing may be left of a level once the keys of the next are there.
    if (state.level !== before.level && this.#reader.pending > 0) {
      throw new ProtocolViolation(`${before.level} data behind the last message of their level`);
    }
  }

  #current(): HandshakeState {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#disposed) {
      throw new TlsAlert(Alert.internal_error, 'the handshake was disposed of');
    }
    if (this.#state === undefined) throw new UsageError('the handshake was not started');
    return this.#state;
  }

  /** The one place where what the codecs throw becomes an alert; afterwards nothing goes on. */
  #failed(error: unknown): unknown {
    if (error instanceof UsageError) return error;
    const failure = asFailure(error);
    if (failure === undefined) return error;
    this.#failure ??= failure;
    this.#state?.wipe();
    this.#state = undefined;
    return failure;
  }
}

/** A message that does not belong here. */
export function unexpectedMessage(message: HandshakeMessage, due: string): TlsAlert {
  const name = messageName(message.type);
  return new TlsAlert(Alert.unexpected_message, `${name} where ${due} is due`);
}

function asFailure(error: unknown): TlsAlert | ProtocolViolation | undefined {
  if (error instanceof TlsAlert || error instanceof ProtocolViolation) return error;
  if (error instanceof UnexpectedEnd) {
    return new TlsAlert(Alert.decode_error, `a handshake message ends early: ${error.message}`);
  }
  if (error instanceof InvalidKeyShare) return illegalParameter(error.message);
  return undefined;
}
