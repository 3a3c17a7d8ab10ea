import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import {
  AlgorithmType,
  answerChallenge,
  concealSupi,
  deriveAlgorithmKey,
  deriveKAmf,
  deriveKSeaf,
  milenage,
  NULL_SCHEME_PROFILE,
  SqnWindow,
} from '@mpquic/keys';
import {
  type Access,
  algorithmBits,
  decodeMm,
  decodeSm,
  encodeMm,
  encodeSm,
  FULL_INTEGRITY_RATE,
  type MmMessage,
  type MobileIdentity,
  NasSecurityContext,
  PayloadType,
  RequestType,
  SecurityHeaderType,
  type SmMessage,
} from '@mpquic/nas';
import { connectN1, type N1Transport } from '@mpquic/ue-agent';
import { fromHex } from '@mpquic/wire';
import type { Core } from '../src/index.ts';
import { SUBSCRIBER } from './core-fixture.ts';

type Sm = SmMessage;
type EstablishmentFields = Partial<Extract<Sm, { readonly type: 'establishmentRequest' }>>;

/** A UE that sends whatever a test wants, octet by octet. */
export class RawUe {
  readonly access: Access;
  readonly received: MmMessage[] = [];
  /** Octets of every message sent, as on the wire. */
  readonly sent: Uint8Array[] = [];
  closed = false;
  guti: MobileIdentity | undefined;
  #transport: N1Transport | undefined;
  #security: NasSecurityContext | undefined;
  #waiting: (() => void) | undefined;

  private constructor(access: Access) {
    this.access = access;
  }

  static async connect(core: Core, access: Access = '3gpp'): Promise<RawUe> {
    const self = new RawUe(access);
    const address = core.n1?.[access] ?? { host: '', port: 0 };
    self.#transport = await connectN1(
      {
        receive: (bytes) => self.#receive(bytes.slice()),
        ended: () => {
          self.closed = true;
          self.#waiting?.();
        },
      },
      { address, timeoutMs: 1_000 },
    );
    return self;
  }

  sendBytes(bytes: Uint8Array): void {
    this.sent.push(bytes);
    this.#transport?.send(bytes);
  }

  sendPlain(message: MmMessage): void {
    this.sendBytes(encodeMm(message));
  }

  sendProtected(
    message: MmMessage | Uint8Array,
    headerType: SecurityHeaderType = SecurityHeaderType.integrityProtectedAndCiphered,
  ): void {
    const plain = message instanceof Uint8Array ? message : encodeMm(message);
    const security = this.#security as NasSecurityContext;
    this.sendBytes(security.protect(plain, headerType, this.access).bytes);
  }

  /** A 5GSM message, or its octets, in an UL NAS TRANSPORT. */
  sendSm(message: SmMessage | Uint8Array, options: object = {}): void {
    const payload = message instanceof Uint8Array ? message : encodeSm(message);
    this.sendProtected({
      type: 'uplinkNasTransport',
      payloadType: PayloadType.n1Sm,
      payload,
      pduSessionId: payload[1] ?? 0,
      ...options,
    });
  }

  /** A request for an MA PDU session, as `fields` and `options` say. */
  requestSession(
    pduSessionId: number,
    fields: EstablishmentFields = {},
    options: object = {},
  ): void {
    this.sendSm(
      {
        type: 'establishmentRequest',
        pduSessionId,
        procedureTransactionId: 1,
        integrityProtectionRate: FULL_INTEGRITY_RATE,
        pduSessionType: 1,
        sscMode: 1,
        capability: { mpquicUdp: true },
        ...fields,
      },
      { requestType: RequestType.maPduRequest, dnn: 'internet', ...options },
    );
  }

  /** The next message, or undefined where the connection ends first. */
  async next(): Promise<MmMessage | undefined> {
    while (this.received.length === 0 && !this.closed) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('the core sends nothing')), 2_000);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.received.shift();
  }

  /** The next 5GSM message, or the 5GMM message that came instead. */
  async nextSm(): Promise<SmMessage | MmMessage | undefined> {
    const message = await this.next();
    if (message?.type !== 'downlinkNasTransport' || message.cause !== undefined) return message;
    return decodeSm(message.payload);
  }

  /** Registers by 5G-AKA with the null scheme. */
  async register(sqn = 0): Promise<void> {
    const plmn = { mcc: '001', mnc: '01' };
    const suci = concealSupi(crypto, SUBSCRIBER.supi, plmn, NULL_SCHEME_PROFILE, new Uint8Array());
    const { scheme: protectionScheme, ...rest } = suci;
    this.sendPlain({
      type: 'registrationRequest',
      registrationType: { kind: 1, followOnRequestPending: true },
      ngKsi: { mapped: false, value: 7 },
      identity: { type: 'suci', protectionScheme, ...rest },
      securityCapability: { encryption: algorithmBits(0, 2), integrity: algorithmBits(2) },
    });
    const challenge = await this.next();
    if (challenge?.type !== 'authenticationRequest') throw new Error('no challenge');
    const answer = answerChallenge(
      crypto,
      milenage(crypto, fromHex(SUBSCRIBER.k), fromHex(SUBSCRIBER.opc)),
      new SqnWindow(sqn),
      challenge.rand ?? new Uint8Array(),
      challenge.autn ?? new Uint8Array(),
      NETWORK,
    );
    const kSeaf = deriveKSeaf(crypto, answer.kAusf, NETWORK).value;
    const kAmf = deriveKAmf(crypto, kSeaf, SUBSCRIBER.supi).value;
    const { nasEncryption, nasIntegrity } = AlgorithmType;
    this.#security = new NasSecurityContext({
      provider: crypto,
      role: 'ue',
      algorithms: { encryption: 2, integrity: 2 },
      encryptionKey: deriveAlgorithmKey(crypto, kAmf, nasEncryption, 2).value,
      integrityKey: deriveAlgorithmKey(crypto, kAmf, nasIntegrity, 2).value,
    });
    this.sendPlain({ type: 'authenticationResponse', resStar: answer.resStar });
    const command = await this.next();
    if (command?.type !== 'securityModeCommand') throw new Error('no security mode command');
    this.sendProtected(
      { type: 'securityModeComplete' },
      SecurityHeaderType.integrityProtectedAndCipheredWithNewContext,
    );
    const accept = await this.next();
    if (accept?.type !== 'registrationAccept') throw new Error('no accept');
    this.guti = accept.guti;
    this.sendProtected({ type: 'registrationComplete' });
  }

  /** Registers over another access with identity and security context of `first`. */
  async registerAgain(first: RawUe): Promise<void> {
    const { guti } = first;
    if (guti?.type !== 'guti') throw new Error('no 5G-GUTI');
    this.#security = first.#security;
    this.sendProtected(
      {
        type: 'registrationRequest',
        registrationType: { kind: 1, followOnRequestPending: true },
        ngKsi: { mapped: false, value: 0 },
        identity: guti,
      },
      SecurityHeaderType.integrityProtected,
    );
    const accept = await this.next();
    if (accept?.type !== 'registrationAccept') throw new Error('no accept');
    this.sendProtected({ type: 'registrationComplete' });
  }

  close(): void {
    this.#transport?.close();
  }

  #receive(bytes: Uint8Array): void {
    const isProtected = ((bytes[1] ?? 0) & 0x0f) !== 0;
    const opened = isProtected ? this.#security?.unprotect(bytes, this.access) : undefined;
    const plain = typeof opened === 'object' ? opened.plain : bytes;
    this.received.push(decodeMm(plain));
    this.#waiting?.();
  }
}

const NETWORK = '5G:mnc001.mcc001.3gppnetwork.org';
