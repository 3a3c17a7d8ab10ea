import type { ValueCodec } from '../codec/value.ts';

/** UE security capability: bit 7 is algorithm 0, bit 6 algorithm 1, and so on. TS 24.501 §9.11.3.54 */
export interface SecurityCapability {
  /** 5G-EA0 to 5G-EA7. */
  readonly encryption: number;
  /** 5G-IA0 to 5G-IA7. */
  readonly integrity: number;
  /** The EPS algorithms and later octets as they came, for a replay that equals the original. */
  readonly rest?: Uint8Array;
}

export const securityCapability: ValueCodec<SecurityCapability> = {
  read(reader) {
    const encryption = reader.uint8();
    const integrity = reader.uint8();
    return reader.remaining > 0
      ? { encryption, integrity, rest: reader.rest() }
      : { encryption, integrity };
  },
  write(writer, { encryption, integrity, rest }) {
    writer.uint8(encryption).uint8(integrity);
    if (rest !== undefined) writer.bytes(rest);
  },
};

/** The octet that says that the algorithms 0 to 7 given are supported. */
export function algorithmBits(...algorithms: readonly number[]): number {
  return algorithms.reduce((bits, algorithm) => bits | (0x80 >>> algorithm), 0);
}

/** Selected NAS security algorithms, 0 to 7 each. TS 24.501 §9.11.3.34 */
export interface SelectedAlgorithms {
  readonly encryption: number;
  readonly integrity: number;
}

export const selectedAlgorithms: ValueCodec<SelectedAlgorithms> = {
  read(reader) {
    const octet = reader.uint8();
    return { encryption: octet >>> 4, integrity: octet & 0x0f };
  },
  write: (writer, { encryption, integrity }) => writer.uint8((encryption << 4) | integrity),
};

/** Additional 5G security information. TS 24.501 §9.11.3.12 */
export interface AdditionalSecurityInformation {
  /** The complete initial message is wanted in the Security Mode Complete. */
  readonly retransmitInitialMessage: boolean;
  /** K_AMF' of TS 33.501 A.13 is to be derived. */
  readonly horizontalDerivation: boolean;
}

export const additionalSecurityInformation: ValueCodec<AdditionalSecurityInformation> = {
  read(reader) {
    const octet = reader.uint8();
    return {
      retransmitInitialMessage: (octet & 0x02) !== 0,
      horizontalDerivation: (octet & 0x01) !== 0,
    };
  },
  write(writer, { retransmitInitialMessage, horizontalDerivation }) {
    writer.uint8((retransmitInitialMessage ? 2 : 0) | (horizontalDerivation ? 1 : 0));
  },
};
