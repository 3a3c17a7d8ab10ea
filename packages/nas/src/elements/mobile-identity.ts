import { type ByteReader, ByteWriter, fromUtf8, utf8 } from '@mpquic/wire';
import type { ValueCodec } from '../codec/value.ts';
import { MalformedValue } from '../errors.ts';
import { type Plmn, plmn, readSwappedDigits, writeSwappedDigits } from './plmn.ts';

/** Type of identity. TS 24.501 Table 9.11.3.3.1 */
export const IdentityType = {
  none: 0,
  suci: 1,
  guti: 2,
  imei: 3,
  stmsi: 4,
  imeisv: 5,
} as const;
export type IdentityType = (typeof IdentityType)[keyof typeof IdentityType];

/** A concealed SUPI of IMSI type. TS 23.003 §2.2B */
export interface ImsiSuci {
  readonly type: 'suci';
  readonly plmn: Plmn;
  /** One to four digits. */
  readonly routingIndicator: string;
  /** 0 null scheme, 1 profile A, 2 profile B. TS 33.501 Annex C */
  readonly protectionScheme: number;
  readonly homeNetworkPublicKeyId: number;
  /** The MSIN in swapped digits for the null scheme, else public key, ciphertext and MAC tag. */
  readonly schemeOutput: Uint8Array;
}

/** A concealed SUPI in the form of a network access identifier. */
export interface NaiSuci {
  readonly type: 'suciNai';
  readonly nai: string;
}

/** 5G-S-TMSI: the GUTI within one AMF region. */
export interface Stmsi {
  readonly type: 'stmsi';
  /** 10 bits. */
  readonly amfSetId: number;
  /** 6 bits. */
  readonly amfPointer: number;
  /** 32 bits. */
  readonly tmsi: number;
}

/** 5G-GUTI. TS 23.003 §2.10 */
export interface Guti extends Omit<Stmsi, 'type'> {
  readonly type: 'guti';
  readonly plmn: Plmn;
  /** 8 bits. */
  readonly amfRegionId: number;
}

/** Equipment identity: 15 digits of an IMEI, 16 of an IMEISV. */
export interface EquipmentIdentity {
  readonly type: 'imei' | 'imeisv';
  readonly digits: string;
}

/** 5GS mobile identity. TS 24.501 §9.11.3.4 */
export type MobileIdentity =
  | { readonly type: 'none' }
  | ImsiSuci
  | NaiSuci
  | Guti
  | Stmsi
  | EquipmentIdentity;

export const mobileIdentity: ValueCodec<MobileIdentity> = {
  read(reader) {
    const first = reader.uint8();
    switch (first & 0x07) {
      case IdentityType.none:
        return { type: 'none' };
      case IdentityType.suci:
        return readSuci(reader, (first >>> 4) & 0x07);
      case IdentityType.guti:
        return {
          type: 'guti',
          plmn: plmn.read(reader),
          amfRegionId: reader.uint8(),
          ...readTemporary(reader),
        };
      case IdentityType.stmsi:
        return { type: 'stmsi', ...readTemporary(reader) };
      case IdentityType.imei:
        return readEquipment('imei', first, reader);
      case IdentityType.imeisv:
        return readEquipment('imeisv', first, reader);
      default:
        throw new MalformedValue(`identity type ${first & 0x07}`);
    }
  },
  write(writer, identity) {
    switch (identity.type) {
      case 'none':
        writer.uint8(IdentityType.none);
        return;
      case 'suci':
        plmn.write(writer.uint8(IdentityType.suci), identity.plmn);
        writer.bytes(routingDigits(identity.routingIndicator));
        writer.uint8(identity.protectionScheme & 0x0f).uint8(identity.homeNetworkPublicKeyId);
        writer.bytes(identity.schemeOutput);
        return;
      case 'suciNai':
        writer.uint8((1 << 4) | IdentityType.suci).bytes(utf8(identity.nai));
        return;
      case 'guti':
        plmn.write(writer.uint8(0xf0 | IdentityType.guti), identity.plmn);
        writer.uint8(identity.amfRegionId);
        writer.uint16((identity.amfSetId << 6) | identity.amfPointer).uint32(identity.tmsi);
        return;
      case 'stmsi':
        writer.uint8(0xf0 | IdentityType.stmsi);
        writer.uint16((identity.amfSetId << 6) | identity.amfPointer).uint32(identity.tmsi);
        return;
      case 'imei':
      case 'imeisv': {
        const odd = identity.digits.length % 2 === 1 ? 0x08 : 0;
        writer.uint8((Number(identity.digits[0]) << 4) | odd | IdentityType[identity.type]);
        writeSwappedDigits(writer, identity.digits.slice(1));
      }
    }
  },
};

/** The MSIN as the null scheme's output. TS 33.501 C.2 */
export function nullSchemeOutput(msin: string): Uint8Array {
  const writer = new ByteWriter(8);
  writeSwappedDigits(writer, msin);
  return writer.finish();
}

function readTemporary(reader: ByteReader): Omit<Stmsi, 'type'> {
  const setAndPointer = reader.uint16();
  return {
    amfSetId: setAndPointer >>> 6,
    amfPointer: setAndPointer & 0x3f,
    tmsi: reader.uint32(),
  };
}

function readSuci(reader: ByteReader, format: number): MobileIdentity {
  if (format !== 0) return { type: 'suciNai', nai: fromUtf8(reader.rest()) };
  const home = plmn.read(reader);
  const first = reader.uint8();
  const second = reader.uint8();
  const nibbles = [first & 0x0f, first >>> 4, second & 0x0f, second >>> 4];
  const filler = nibbles.indexOf(0x0f);
  const digits = filler < 0 ? nibbles : nibbles.slice(0, filler);
  if (digits.length === 0 || digits.some((digit) => digit > 9)) {
    throw new MalformedValue('routing indicator');
  }
  return {
    type: 'suci',
    plmn: home,
    routingIndicator: digits.join(''),
    protectionScheme: reader.uint8() & 0x0f,
    homeNetworkPublicKeyId: reader.uint8(),
    schemeOutput: reader.rest(),
  };
}

function routingDigits(text: string): Uint8Array {
  const digit = (at: number) => (at < text.length ? Number(text[at]) : 0x0f);
  return Uint8Array.of((digit(1) << 4) | digit(0), (digit(3) << 4) | digit(2));
}

function readEquipment(
  type: 'imei' | 'imeisv',
  first: number,
  reader: ByteReader,
): EquipmentIdentity {
  const leading = first >>> 4;
  const digits = `${leading}${readSwappedDigits(reader)}`;
  const wanted = type === 'imei' ? 15 : 16;
  if (leading > 9 || digits.length !== wanted) throw new MalformedValue(`${type} of other length`);
  return { type, digits };
}
