/** The MILENAGE algorithm set of TS 35.206. */
import { concatBytes, xorBytes } from '@mpquic/wire';
import type { AkaFunctions } from './aka-functions.ts';
import type { KeyCrypto } from './key-crypto.ts';

/** OPc = E_K(OP) xor OP. All of 16 octets. TS 35.206 §4.1 */
export function deriveOpc(crypto: KeyCrypto, k: Uint8Array, op: Uint8Array): Uint8Array {
  return xorBytes(crypto.aesEncryptBlock(k, op), op);
}

/**
 * The functions of one subscriber. RES has 8 octets.
 * @param k the subscriber key, 16 octets
 * @param opc the operator variant configuration field, 16 octets
 */
export function milenage(crypto: KeyCrypto, k: Uint8Array, opc: Uint8Array): AkaFunctions {
  const encrypt = (block: Uint8Array): Uint8Array => crypto.aesEncryptBlock(k, block);
  const temporary = (rand: Uint8Array): Uint8Array => encrypt(xorBytes(rand, opc));

  /** OUT1: f1 in the first half, f1* in the second. */
  const out1 = (rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array => {
    const in1 = concatBytes(sqn, amf, sqn, amf);
    const rotated = rotate(xorBytes(in1, opc), OUT1_ROTATION);
    return xorBytes(encrypt(xorBytes(temporary(rand), rotated)), opc);
  };
  const out = (temp: Uint8Array, { rotation, constant }: Row): Uint8Array => {
    const block = rotate(xorBytes(temp, opc), rotation);
    block[15] = (block[15] as number) ^ constant;
    return xorBytes(encrypt(block), opc);
  };

  return {
    f1: (rand, sqn, amf) => out1(rand, sqn, amf).slice(0, 8),
    f1Star: (rand, sqn, amf) => out1(rand, sqn, amf).slice(8),
    f2345: (rand) => {
      const temp = temporary(rand);
      const out2 = out(temp, OUT2);
      return {
        res: out2.slice(8),
        ck: out(temp, OUT3),
        ik: out(temp, OUT4),
        ak: out2.slice(0, 6),
      };
    },
    f5Star: (rand) => out(temporary(rand), OUT5).slice(0, 6),
  };
}

/** r in octets, and the last octet of c, whose others are 0. TS 35.206 §4.1 */
interface Row {
  readonly rotation: number;
  readonly constant: number;
}

const OUT1_ROTATION = 8;
const OUT2: Row = { rotation: 0, constant: 1 };
const OUT3: Row = { rotation: 4, constant: 2 };
const OUT4: Row = { rotation: 8, constant: 4 };
const OUT5: Row = { rotation: 12, constant: 8 };

/** Cyclic rotation towards the most significant octet; always a new buffer. */
function rotate(block: Uint8Array, octets: number): Uint8Array {
  return concatBytes(block.subarray(octets), block.subarray(0, octets));
}
