/**
 * The Huffman code of HPACK and QPACK (RFC 7541 Appendix B). It is canonical: the code of each length
 * follow one another in the order of their symbols, so the lengths say it all.
 */

/** A Huffman string with a wrong padding, or with the EOS symbol inside. RFC 7541 §5.2 */
export class HuffmanError extends Error {
  readonly code = 'HUFFMAN';
  override readonly name = 'HuffmanError';
}

const EOS = 256;
const MAX_CODE_LENGTH = 30;
const MAX_PADDING = 7;

/** Bits of the code of symbols 0 to 255 and of EOS, as `bits*count` runs. */
const CODE_LENGTHS: readonly number[] = (
  '13 23 28*7 24 30 28*2 30 28*8 30 28*9 6 10*2 12 13 6 8 11 10*2 8 11 8 6*3 5*3 6*7 7 8 15 6 12 10 13 6 7*22 8 7 8 ' +
  '13 19 13 14 6 15 5 6 5 6 5 6*3 5 7*2 6*3 5 6 7 6 5*2 6 7*5 15 11 14 13 28 20 22 20*2 22*3 23 22 23*5 24 23 24*2 ' +
  '22 23 24 23*4 21 22 23 22 23*2 24 22 21 20 22*2 23*2 21 23 22*2 24 21 22 23*2 21*2 22 21 23 22 23*2 20 22*3 23 ' +
  '22*2 23 26*2 20 19 22 23 22 25 26*3 27*2 26 24 25 19 21 26 27*2 26 27 24 21*2 26*2 28 27*3 20 24 20 21 22 21*2 ' +
  '23 22*2 25*2 24*2 26 23 26 27 26*2 27*5 28 27*5 26 30'
)
  .split(' ')
  .flatMap((run) => {
    const [bits, count] = run.split('*');
    return new Array<number>(Number(count ?? 1)).fill(Number(bits));
  });

/** The code of each symbol, as a number of as many bits as its length says. */
const CODES: readonly number[] = assignCodes();

/** Per length: first code, index of its first symbol in {@link SYMBOLS}, and how many there are. */
const FIRST_CODE: number[] = [];
const FIRST_INDEX: number[] = [];
const COUNT: number[] = [];
const SYMBOLS: readonly number[] = orderSymbols();

function assignCodes(): number[] {
  const codes = new Array<number>(CODE_LENGTHS.length).fill(0);
  let code = 0;
  for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
    for (let symbol = 0; symbol < CODE_LENGTHS.length; symbol++) {
      if (CODE_LENGTHS[symbol] === length) codes[symbol] = code++;
    }
    code *= 2;
  }
  return codes;
}

function orderSymbols(): number[] {
  const symbols: number[] = [];
  for (let length = 0; length <= MAX_CODE_LENGTH; length++) {
    const ofLength = CODE_LENGTHS.flatMap((bits, symbol) => (bits === length ? [symbol] : []));
    FIRST_CODE.push(CODES[ofLength[0] ?? -1] ?? 0);
    FIRST_INDEX.push(symbols.length);
    COUNT.push(ofLength.length);
    symbols.push(...ofLength);
  }
  return symbols;
}

/** Octets that {@link encodeHuffman} makes of `text`. */
export function huffmanLength(text: Uint8Array): number {
  let bits = 0;
  for (const octet of text) bits += CODE_LENGTHS[octet] as number;
  return (bits + 7) >> 3;
}

/** Padded with the first bits of EOS, which are ones. RFC 7541 §5.2 */
export function encodeHuffman(text: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(huffmanLength(text));
  let at = 0;
  let held = 0;
  let bits = 0;
  for (const octet of text) {
    // At most 7 bits wait, and no code of an octet has more than 30: multiply instead of shifting.
    held = held * 2 ** (CODE_LENGTHS[octet] as number) + (CODES[octet] as number);
    bits += CODE_LENGTHS[octet] as number;
    while (bits >= 8) {
      bits -= 8;
      encoded[at++] = Math.floor(held / 2 ** bits);
      held %= 2 ** bits;
    }
  }
  if (bits > 0) encoded[at] = (held << (8 - bits)) | (0xff >> bits);
  return encoded;
}

/** @throws {HuffmanError} on EOS, or on padding that is too long or not of ones. RFC 7541 §5.2 */
export function decodeHuffman(encoded: Uint8Array): Uint8Array {
  const decoded = new Uint8Array(Math.floor((encoded.length * 8) / 5));
  let length = 0;
  let code = 0;
  let bits = 0;
  for (const octet of encoded) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((octet >> bit) & 1);
      bits += 1;
      const index = code - (FIRST_CODE[bits] as number);
      if (index < 0 || index >= (COUNT[bits] as number)) continue;
      const symbol = SYMBOLS[(FIRST_INDEX[bits] as number) + index] as number;
      if (symbol === EOS) throw new HuffmanError('the string holds EOS');
      decoded[length++] = symbol;
      code = 0;
      bits = 0;
    }
  }
  if (bits > MAX_PADDING) throw new HuffmanError('the padding is longer than 7 bits');
  if (code !== 2 ** bits - 1) throw new HuffmanError('the padding is not of ones');
  return decoded.subarray(0, length);
}
