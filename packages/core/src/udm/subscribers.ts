import type { ProtectionScheme } from '@mpquic/keys';
import {
  choice,
  flag,
  hexBytes,
  integer,
  listOf,
  ServiceFailure,
  type SettingsTable,
  text,
} from '@mpquic/service';
import { wipe } from '@mpquic/wire';
import type { SequenceNumberFile } from './sequence-number-file.ts';

/** A subscriber as the operator provisions it. */
export interface SubscriberSettings {
  /** 5 to 15 digits: the IMSI. */
  readonly supi: string;
  /** 16 octets. */
  readonly k: Uint8Array;
  /** 16 octets: OPc, or TOPc (32 octets) for TUAK. */
  readonly opc: Uint8Array;
  /** The last sequence number that was used, 12 hexadecimal digits. */
  readonly sqn: Uint8Array;
  /** Authentication management field, 2 octets; its first bit is the separation bit. */
  readonly amf: Uint8Array;
  readonly algorithm: 'milenage' | 'tuak';
  readonly dnns: readonly string[];
  readonly maPduAllowed: boolean;
}

export const subscriberSettings: SettingsTable<SubscriberSettings> = {
  supi: { kind: text('an IMSI of 5 to 15 digits', /^\d{5,15}$/), description: 'IMSI' },
  k: { kind: hexBytes(16, 32), description: 'long-term key', secret: true },
  opc: { kind: hexBytes(16, 32), description: 'OPc, or TOPc for TUAK', secret: true },
  sqn: { kind: hexBytes(6), default: new Uint8Array(6), description: 'sequence number' },
  amf: { kind: hexBytes(2), default: Uint8Array.of(0x80, 0), description: 'AMF field' },
  algorithm: {
    kind: choice('milenage', 'tuak'),
    default: 'milenage',
    description: 'authentication algorithm set',
  },
  dnns: { kind: listOf(text()), default: ['internet'], description: 'data networks' },
  maPduAllowed: { kind: flag(), default: true, description: 'whether MA PDU sessions are allowed' },
};

/** A private key of the home network, by which SUCIs are opened. TS 33.501 Annex C */
export interface HomeNetworkKeySettings {
  readonly id: number;
  readonly profile: 'A' | 'B';
  /** 32 octets. */
  readonly privateKey: Uint8Array;
}

export const homeNetworkKeySettings: SettingsTable<HomeNetworkKeySettings> = {
  id: { kind: integer(1, 255), description: 'home network public key identifier' },
  profile: { kind: choice('A', 'B'), description: 'ECIES profile' },
  privateKey: { kind: hexBytes(32), description: 'private key', secret: true },
};

/** Key lengths of the algorithm sets: TS 35.206 §2.3, TS 35.231 §4.1. @throws {ServiceFailure} status 2 */
function checkSubscriber({ supi, algorithm, k, opc }: SubscriberSettings): void {
  const [keyLengths, operatorLength] = algorithm === 'milenage' ? [[16], 16] : [[16, 32], 32];
  if (keyLengths.includes(k.length) && opc.length === operatorLength) return;
  const wanted = `${keyLengths.map((octets) => 2 * octets).join(' or ')} digits for k`;
  throw new ServiceFailure(
    2,
    `subscribers: ${supi}: ${algorithm} needs ${wanted} and ${2 * operatorLength} for opc`,
  );
}

/** One subscriber at run time. */
export interface Subscriber {
  readonly settings: SubscriberSettings;
  /** The last sequence number used. */
  sqn: number;
}

/** What the UDM knows: subscribers by IMSI, and the keys of the home network. */
export class SubscriberStore {
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #homeNetworkKeys: readonly HomeNetworkKeySettings[];
  readonly #sequenceNumbers: SequenceNumberFile | undefined;

  /**
   * @param sequenceNumbers those of an earlier run: the higher number counts
   * @throws {ServiceFailure} status 2 on keys of wrong length and on a SUPI that is there twice
   */
  constructor(
    subscribers: readonly SubscriberSettings[],
    homeNetworkKeys: readonly HomeNetworkKeySettings[],
    sequenceNumbers?: SequenceNumberFile,
  ) {
    this.#sequenceNumbers = sequenceNumbers;
    for (const settings of subscribers) {
      checkSubscriber(settings);
      if (this.#subscribers.has(settings.supi)) {
        throw new ServiceFailure(2, `subscribers: ${settings.supi} is there twice; keep one`);
      }
      const provisioned = settings.sqn.reduce((value, octet) => value * 256 + octet, 0);
      const sqn = Math.max(provisioned, sequenceNumbers?.find(settings.supi) ?? 0);
      this.#subscribers.set(settings.supi, { settings, sqn });
    }
    this.#homeNetworkKeys = homeNetworkKeys;
  }

  /** @param imsi digits */
  find(imsi: string): Subscriber | undefined {
    return this.#subscribers.get(imsi);
  }

  homeNetworkKey(id: number, scheme: ProtectionScheme): Uint8Array | undefined {
    const profile = scheme === 1 ? 'A' : 'B';
    return this.#homeNetworkKeys.find((key) => key.id === id && key.profile === profile)
      ?.privateKey;
  }

  /** Sets the last sequence number used with a subscriber. */
  useSqn(subscriber: Subscriber, sqn: number): void {
    subscriber.sqn = sqn;
    this.#sequenceNumbers?.keep(subscriber.settings.supi, sqn);
  }

  /** Overwrites all long-term keys. */
  close(): void {
    this.#sequenceNumbers?.close();
    for (const { settings } of this.#subscribers.values()) wipe(settings.k, settings.opc);
    for (const { privateKey } of this.#homeNetworkKeys) wipe(privateKey);
    this.#subscribers.clear();
  }
}
