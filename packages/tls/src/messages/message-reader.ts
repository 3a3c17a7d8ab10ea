import { readUint32 } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { illegalParameter } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';
import { type HandshakeMessage, MESSAGE_HEADER_LENGTH, MessageType } from './message.ts';
import { keepMessage } from './message-memory.ts';

/**
 * Cuts the CRYPTO data of one encryption level into handshake messages, which may come in pieces of
 * any size or several in one piece. What it holds is limited: a message that announces more than
 * its type ever needs is refused at its header. Messages are views of memory that nothing is written to any more.
 */
export class MessageReader {
  #buffer: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;

  /** Octets that do not make a whole message yet, or wait to be taken. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** @throws {TlsAlert} illegal_parameter where far more comes than the reader was asked for */
  append(data: Uint8Array): void {
    const needed = this.pending + data.length;
    if (needed > MAX_PENDING) throw illegalParameter('too much handshake data ahead of its turn');
    if (this.pending === 0) {
      this.#buffer = keepMessage(data, data.length);
      this.#start = 0;
    } else {
      if (this.#start + needed > this.#buffer.length) this.#makeRoom(needed);
      this.#buffer.set(data, this.#end);
    }
    this.#end = this.#start + needed;
  }

  /** The next whole message. @throws {TlsAlert} on a type that is unknown, or a length above its limit */
  next(): HandshakeMessage | undefined {
    if (this.pending < MESSAGE_HEADER_LENGTH) return undefined;
    const header = readUint32(this.#buffer, this.#start);
    const type = header >>> 24;
    const limit = MAX_BODY_LENGTH.get(type);
    if (limit === undefined) {
      throw new TlsAlert(Alert.unexpected_message, `a handshake message of unknown type ${type}`);
    }
    const length = header & 0xffffff;
    if (length > limit) {
      throw illegalParameter(`a handshake message of ${length} octets, at most ${limit} allowed`);
    }
    if (this.pending < MESSAGE_HEADER_LENGTH + length) return undefined;
    const end = this.#start + MESSAGE_HEADER_LENGTH + length;
    const isWhole = this.#start === 0 && end === this.#buffer.length;
    const bytes = isWhole ? this.#buffer : this.#buffer.subarray(this.#start, end);
    this.#start = end;
    if (end === this.#end) this.#release();
    return { type, bytes };
  }

  /** All was taken: between messages, which is nearly always, there is no buffer. */
  #release(): void {
    this.#buffer = NOTHING;
    this.#start = 0;
    this.#end = 0;
  }

  /** Moves what is pending to a larger buffer: messages that were taken keep the one before. */
  #makeRoom(needed: number): void {
    const larger = new Uint8Array(2 * needed);
    larger.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = larger;
    this.#end -= this.#start;
    this.#start = 0;
  }
}

/**
 * Octets of body that each type may announce. A ClientHello is at most a full block of extensions
 * (65535 octets, so that PSK identities of any size that fits are taken) and 8 KiB of the rest.
 */
const MAX_BODY_LENGTH: ReadonlyMap<number, number> = new Map([
  [MessageType.client_hello, 0x1_2000],
  [MessageType.server_hello, 0x2000],
  [MessageType.encrypted_extensions, 0x1_0002],
  [MessageType.certificate, 0x2_0000],
  [MessageType.certificate_request, 0x1_0200],
  [MessageType.certificate_verify, 0x2000],
  [MessageType.finished, 64],
  [MessageType.new_session_ticket, 0x2_0200],
  [MessageType.end_of_early_data, 0],
  [MessageType.key_update, 1],
]);

/** More than any one message, so that only data ahead of its turn reaches it. */
const MAX_PENDING = 0x2_1000;

const NOTHING = new Uint8Array(0);
