import type { CryptoProvider } from '@mpquic/crypto';
import {
  type AkaFunctions,
  type AuthenticationAnswer,
  answerChallenge,
  concealSupi,
  milenage,
  type PlmnId,
  SqnWindow,
  type SuciProfile,
  tuak,
} from '@mpquic/keys';
import type { ImsiSuci } from '@mpquic/nas';
import { wipe } from '@mpquic/wire';

/** What an operator writes into a USIM. */
export interface UsimProfile {
  /** Digits of the IMSI. */
  readonly imsi: string;
  /** The home network, MCC and MNC of the IMSI. */
  readonly plmn: PlmnId;
  readonly algorithm?: 'milenage' | 'tuak';
  /** 16 octets, or 32 with TUAK; the USIM keeps a copy. */
  readonly k: Uint8Array;
  /** OPc of 16 octets, or TOPc of 32 with TUAK; the USIM keeps a copy. */
  readonly opc: Uint8Array;
  /** Highest sequence number that was used so far. */
  readonly sqn: number;
  readonly suci: SuciProfile;
}

/** The subscriber's module: it conceals the SUPI and answers challenges; K never leaves it. */
export class Usim {
  readonly imsi: string;
  readonly #crypto: CryptoProvider;
  readonly #profile: UsimProfile;
  readonly #k: Uint8Array;
  readonly #opc: Uint8Array;
  readonly #functions: AkaFunctions;
  readonly #window: SqnWindow;

  constructor(crypto: CryptoProvider, profile: UsimProfile) {
    this.imsi = profile.imsi;
    this.#crypto = crypto;
    this.#profile = profile;
    this.#k = profile.k.slice();
    this.#opc = profile.opc.slice();
    this.#functions =
      profile.algorithm === 'tuak'
        ? tuak(this.#k, this.#opc)
        : milenage(crypto, this.#k, this.#opc);
    this.#window = new SqnWindow(profile.sqn);
  }

  /** `imsi-` and the digits. */
  get supi(): string {
    return `imsi-${this.imsi}`;
  }

  /** A fresh concealment; no two are alike but with the null scheme. TS 33.501 §6.12.2 */
  conceal(): ImsiSuci {
    const { imsi, plmn, suci } = this.#profile;
    const ephemeral = this.#crypto.random.fill(new Uint8Array(32));
    const { scheme, ...rest } = concealSupi(this.#crypto, imsi, plmn, suci, ephemeral);
    wipe(ephemeral);
    return { type: 'suci', protectionScheme: scheme, ...rest };
  }

  /** @throws {AuthenticationFailure} of `keys`, where the challenge is not genuine or not fresh */
  answer(rand: Uint8Array, autn: Uint8Array, servingNetworkName: string): AuthenticationAnswer {
    return answerChallenge(
      this.#crypto,
      this.#functions,
      this.#window,
      rand,
      autn,
      servingNetworkName,
    );
  }

  dispose(): void {
    wipe(this.#k, this.#opc);
  }
}
