import { PROTECTION_SUITES, type ProtectionSuite } from '@mpquic/quic';
import type {
  CipherSuiteName,
  EncryptionLevel,
  ExternalPsk,
  Handshake,
  HandshakeEvent,
} from '@mpquic/tls';
import { wipe } from '@mpquic/wire';
import type { PacketKeyDeriver } from './packet-keys.ts';
import { Outcome, SCRATCH_LENGTH, type Shim } from './shim.ts';

/** ngtcp2 cannot go on with what TLS gave it; how to close is settled. */
export class EngineFailure extends Error {
  override readonly name = 'EngineFailure';
}

type Told = Exclude<HandshakeEvent, { readonly type: 'send' | 'secret' }>;
type SecretEvent = Extract<HandshakeEvent, { readonly type: 'secret' }>;

/** Carries octets and keys between a handshake of TLS and ngtcp2. */
export class TlsDriver {
  readonly #handshake: Handshake;
  readonly #shim: Shim;
  readonly #deriver: PacketKeyDeriver;
  readonly #told: (event: Told) => void;
  #suite: ProtectionSuite | undefined;

  /** `told` gets what does not concern ngtcp2's packets. */
  constructor(
    handshake: Handshake,
    shim: Shim,
    deriver: PacketKeyDeriver,
    told: (event: Told) => void,
  ) {
    this.#handshake = handshake;
    this.#shim = shim;
    this.#deriver = deriver;
    this.#told = told;
  }

  /** Of the packets of 1-RTT; undefined until agreed. */
  get suite(): ProtectionSuite | undefined {
    return this.#suite;
  }

  /** Client: sends the ClientHello. */
  start(): void {
    this.#handshake.start();
    this.#drain();
  }

  /** @throws {TlsAlert} {ProtocolViolation} {EngineFailure} */
  receive(level: number, data: Uint8Array): void {
    this.#handshake.receive(LEVELS[level] as EncryptionLevel, data);
    this.#drain();
  }

  /** @throws {TlsAlert} {EngineFailure} */
  answerPskLookup(psks: readonly (ExternalPsk | undefined)[]): void {
    this.#handshake.answerPskLookup(psks);
    this.#drain();
  }

  dispose(): void {
    this.#handshake.dispose();
  }

  #drain(): void {
    for (;;) {
      const event = this.#handshake.nextEvent();
      if (event === undefined) return;
      if (event.type === 'send') this.#submit(event.level, event.data);
      else if (event.type === 'secret') this.#install(event);
      else this.#told(event);
    }
  }

  #submit(level: EncryptionLevel, data: Uint8Array): void {
    for (let start = 0; start < data.length; start += SCRATCH_LENGTH) {
      const part = data.subarray(start, start + SCRATCH_LENGTH);
      this.#shim.put(this.#shim.scratch, part);
      requireDone(this.#shim.call.submit_crypto(LEVELS.indexOf(level), part.length));
    }
  }

  /** Keys of 0-RTT are none: it is off. */
  #install({ level, direction, cipherSuite, secret }: SecretEvent): void {
    const suite = this.#agree(cipherSuite);
    const keys = this.#deriver.keysOf(suite, secret);
    const { call, scratch } = this.#shim;
    this.#shim.put(scratch, keys.iv);
    this.#shim.put(scratch + keys.iv.length, secret);
    const application = level === 'application' ? 1 : 0;
    const reading = direction === 'read' ? 1 : 0;
    const { packetKey, maskKey } = keys;
    const result = call.install_key(application, reading, packetKey, maskKey, secret.length);
    wipe(secret);
    requireDone(result);
  }

  #agree(cipherSuite: CipherSuiteName): ProtectionSuite {
    if (this.#suite === undefined) {
      this.#suite = PROTECTION_SUITES[cipherSuite];
      const { confidentialityLimit, integrityLimit } = this.#suite;
      this.#shim.call.set_limits(Math.min(confidentialityLimit, ENOUGH), integrityLimit);
    }
    return this.#suite;
  }
}

function requireDone(outcome: number): void {
  if (outcome !== Outcome.done) throw new EngineFailure(`ngtcp2 refused (${outcome})`);
}

/** By ngtcp2's numbers. */
const LEVELS: readonly EncryptionLevel[] = ['initial', 'handshake', 'application', 'early'];
/** More packets than any connection has. */
const ENOUGH = 2 ** 52;
