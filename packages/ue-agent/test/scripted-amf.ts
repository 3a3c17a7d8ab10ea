import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  AlgorithmType,
  deriveAlgorithmKey,
  deriveKAmf,
  deriveKSeaf,
  generateAuthenticationVector,
  milenage,
  revealSupi,
  servingNetworkName,
  verifyResynchronisation,
} from '@mpquic/keys';
import {
  type Access,
  decodeMm,
  encodeMm,
  encodeSm,
  type Guti,
  type MmMessage,
  NasSecurityContext,
  PayloadType,
  type RegistrationRequest,
  readProtectedMessage,
  type SecurityCapability,
  SecurityHeaderType,
  type SmMessage,
} from '@mpquic/nas';
import { equalBytes, fromHex } from '@mpquic/wire';
import type { N1Receiver, N1Transport } from '../src/index.ts';

export const K: Uint8Array = fromHex('465b5ce8b199b49faa5f0a2ee238a6bc');
export const OPC: Uint8Array = fromHex('cd63cb71954a9f4e48a5994e37a02baf');
export const IMSI = '001010123456789';
export const PLMN = { mcc: '001', mnc: '01' };
export const HOME_NETWORK_PRIVATE_KEY: Uint8Array = fromHex(
  'c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d',
);

export type Received = { readonly message: MmMessage; readonly count: number | undefined };

/** What a test changes in the network's behaviour. */
export interface Script {
  /** SQN of the next challenge. */
  sqn: number;
  /** The network's idea of K. */
  k: Uint8Array;
  algorithms: { encryption: number; integrity: number };
  replayedCapability: SecurityCapability | undefined;
  /** Changes the octets of a message before they are sent. */
  tamper: ((message: MmMessage, bytes: Uint8Array) => Uint8Array) | undefined;
  /** Answers instead of the usual behaviour; true where it did. */
  intercept: ((channel: AmfChannel, received: Received) => boolean) | undefined;
}

type Handler<M extends MmMessage> = (
  channel: AmfChannel,
  message: M,
  count: number | undefined,
) => unknown;

const crypto = nodeCryptoProvider;
const { integrityProtectedAndCiphered, integrityProtectedWithNewContext } = SecurityHeaderType;
const ABBA = Uint8Array.of(0, 0);

/** The network's end of one N1 connection. */
export class AmfChannel {
  readonly access: Access;
  readonly received: Received[] = [];
  readonly #amf: ScriptedAmf;
  readonly #receiver: N1Receiver;
  secure = false;
  closed = false;

  constructor(amf: ScriptedAmf, access: Access, receiver: N1Receiver) {
    this.#amf = amf;
    this.access = access;
    this.#receiver = receiver;
  }

  sendPlain(message: MmMessage): void {
    this.sendBytes(message, encodeMm(message));
  }

  send(message: MmMessage, header: SecurityHeaderType = integrityProtectedAndCiphered): number {
    const nas = this.#amf.nas;
    if (nas === undefined) throw new Error('no context');
    const { bytes, count } = nas.protect(encodeMm(message), header, this.access);
    this.sendBytes(message, bytes);
    return count;
  }

  sendSm(message: SmMessage): void {
    this.send({
      type: 'downlinkNasTransport',
      payloadType: PayloadType.n1Sm,
      payload: encodeSm(message),
      pduSessionId: message.pduSessionId,
    });
  }

  /** Delivers after the UE has returned to its event loop, as a network would. */
  sendBytes(message: MmMessage, bytes: Uint8Array): void {
    const octets = this.#amf.script.tamper?.(message, bytes) ?? bytes;
    this.#amf.sent.push(octets);
    this.#amf.deliver(() => this.#receiver.receive(octets));
  }

  close(): void {
    this.closed = true;
    this.#receiver.ended();
  }

  receive(bytes: Uint8Array): void {
    const received = this.#open(bytes);
    this.received.push(received);
    this.#amf.received.push(received.message.type);
    if (this.#amf.script.intercept?.(this, received) === true) return;
    this.#amf.answer(this, received);
  }

  #open(bytes: Uint8Array): Received {
    const outer = readProtectedMessage(bytes);
    if (outer === undefined) return { message: decodeMm(bytes), count: undefined };
    const opened = this.#amf.nas?.unprotect(bytes, this.access);
    if (opened === undefined || typeof opened === 'string') {
      throw new Error(`the network cannot open a message: ${opened}`);
    }
    this.secure = true;
    return { message: decodeMm(opened.plain), count: opened.count };
  }
}

/** A core written down in one page, independent of package `core`: it holds the UE to TS 24.501. */
export class ScriptedAmf {
  readonly script: Script = {
    sqn: 33,
    k: K,
    algorithms: { encryption: 2, integrity: 2 },
    replayedCapability: undefined,
    tamper: undefined,
    intercept: undefined,
  };
  readonly channels: AmfChannel[] = [];
  readonly received: MmMessage['type'][] = [];
  readonly sent: Uint8Array[] = [];
  readonly guti: Guti = {
    type: 'guti',
    plmn: PLMN,
    amfRegionId: 1,
    amfSetId: 1,
    amfPointer: 0,
    tmsi: 0xc0ffee01,
  };
  nas: NasSecurityContext | undefined;
  kAmf: Uint8Array | undefined;
  kSeaf: Uint8Array | undefined;
  ngKsi = -1;
  supi: string | undefined;
  /** The UE's RES* was right. */
  authenticated = false;
  #rand: Uint8Array = new Uint8Array(16);
  #xresStar: Uint8Array | undefined;
  #capability: SecurityCapability | undefined;
  #initial: Uint8Array | undefined;
  #together: { readonly messages: (() => void)[]; readonly done: () => void } | undefined;

  connect(access: Access, receiver: N1Receiver): Promise<N1Transport> {
    const channel = new AmfChannel(this, access, receiver);
    this.channels.push(channel);
    return Promise.resolve({
      local: { host: '127.0.0.1', port: 1 },
      remote: { host: '127.0.0.1', port: 2 },
      send: (bytes) => channel.receive(bytes.slice()),
      close: () => {
        channel.closed = true;
      },
    });
  }

  /** Each message in a turn of its own, or the next two in one turn. */
  deliver(receive: () => void): void {
    const together = this.#together;
    if (together === undefined) {
      setImmediate(receive);
      return;
    }
    together.messages.push(receive);
    if (together.messages.length < 2) return;
    this.#together = undefined;
    setImmediate(() => {
      for (const each of together.messages) each();
      together.done();
    });
  }

  deliverTogether(done: () => void): void {
    this.#together = { messages: [], done };
  }

  get last(): AmfChannel {
    const channel = this.channels.at(-1);
    if (channel === undefined) throw new Error('no connection');
    return channel;
  }

  challenge(channel: AmfChannel): void {
    this.#rand = crypto.random.fill(new Uint8Array(16));
    const { sqn, k } = this.script;
    const name = servingNetworkName(PLMN);
    const functions = milenage(crypto, k, OPC);
    const vector = generateAuthenticationVector(crypto, functions, sqn, this.#rand, name);
    this.script.sqn += 33;
    this.ngKsi = (this.ngKsi + 1) % 7;
    this.#xresStar = vector.xresStar;
    this.kSeaf = deriveKSeaf(crypto, vector.kAusf, name).value;
    this.kAmf = deriveKAmf(crypto, this.kSeaf, IMSI, ABBA).value;
    const message: MmMessage = {
      type: 'authenticationRequest',
      ngKsi: { mapped: false, value: this.ngKsi },
      abba: ABBA,
      rand: this.#rand,
      autn: vector.autn,
    };
    if (channel.secure) channel.send(message);
    else channel.sendPlain(message);
  }

  command(channel: AmfChannel): void {
    const { algorithms, replayedCapability = this.#capability } = this.script;
    const key = (type: AlgorithmType, algorithm: number): Uint8Array =>
      deriveAlgorithmKey(crypto, this.kAmf as Uint8Array, type, algorithm).value;
    this.nas = new NasSecurityContext({
      provider: crypto,
      role: 'network',
      algorithms,
      encryptionKey: key(AlgorithmType.nasEncryption, algorithms.encryption),
      integrityKey: key(AlgorithmType.nasIntegrity, algorithms.integrity),
    });
    channel.send(
      {
        type: 'securityModeCommand',
        algorithms,
        ngKsi: { mapped: false, value: this.ngKsi },
        replayedCapability: replayedCapability as SecurityCapability,
        additionalInformation: { retransmitInitialMessage: true, horizontalDerivation: false },
      },
      integrityProtectedWithNewContext,
    );
  }

  accept(channel: AmfChannel): void {
    channel.send({
      type: 'registrationAccept',
      result: { access: channel.access === '3gpp' ? 1 : 2, smsAllowed: false },
      guti: this.guti,
    });
  }

  /** The usual behaviour. */
  answer(channel: AmfChannel, received: Received): void {
    const handler = this.#handlers[received.message.type] as Handler<MmMessage> | undefined;
    handler?.(channel, received.message, received.count);
  }

  readonly #handlers: {
    readonly [T in MmMessage['type']]?: Handler<Extract<MmMessage, { readonly type: T }>>;
  } = {
    registrationRequest: (channel, request, count) => {
      if (count === undefined) this.#admit(channel, request);
      else this.accept(channel);
    },
    authenticationResponse: (channel, { resStar }) => {
      const expected = this.#xresStar as Uint8Array;
      this.authenticated = resStar !== undefined && crypto.equal(resStar, expected);
      if (this.authenticated) this.command(channel);
      else channel.sendPlain({ type: 'authenticationReject' });
    },
    authenticationFailure: (channel, { auts }) => this.#resynchronise(channel, auts),
    securityModeComplete: (channel, { messageContainer = new Uint8Array() }) => {
      if (this.#initial === undefined) return;
      if (!equalBytes(messageContainer, this.#initial)) throw new Error('another initial message');
      this.#initial = undefined;
      this.accept(channel);
    },
    serviceRequest: (channel) => channel.send({ type: 'serviceAccept' }),
    deregistrationRequestFromUe: (channel) => channel.send({ type: 'deregistrationAcceptToUe' }),
  };

  #admit(channel: AmfChannel, request: RegistrationRequest): void {
    const { identity, securityCapability } = request;
    if (identity.type === 'suci') {
      const { protectionScheme, ...rest } = identity;
      const suci = { ...rest, scheme: protectionScheme as 0 | 1 | 2 };
      this.supi = revealSupi(crypto, suci, HOME_NETWORK_PRIVATE_KEY);
    }
    this.#initial = encodeMm(request);
    this.#capability = securityCapability;
    this.challenge(channel);
  }

  #resynchronise(channel: AmfChannel, auts: Uint8Array | undefined): void {
    if (auts === undefined) {
      channel.sendPlain({ type: 'authenticationReject' });
      return;
    }
    const functions = milenage(crypto, this.script.k, OPC);
    this.script.sqn = verifyResynchronisation(crypto, functions, this.#rand, auts) + 33;
    this.challenge(channel);
  }
}
