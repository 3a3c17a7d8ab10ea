import {
  type CryptoProvider,
  OTHER_KEY_PHASE,
  type PacketOpener,
  PIECE_ROW_LENGTH,
  PieceColumn,
} from '@mpquic/crypto';
import {
  decodePacketNumber,
  type PacketNumberLength,
  readPacketNumber,
} from '../src/wire/packet-number.ts';

const SAMPLE_END = 4 + 16;
const TAG = 16;

/** A provider whose openers open packets of a run together, as that of the native addon does. */
export function openingRuns(provider: CryptoProvider): CryptoProvider {
  return {
    ...provider,
    createOpener: (keys) => new RunOpener(provider.createOpener(keys)),
    deriveOpener: (derivation, secret, like) =>
      new RunOpener(
        provider.deriveOpener(derivation, secret, like instanceof RunOpener ? like.inner : like),
      ),
  };
}

class RunOpener implements PacketOpener {
  readonly inner: PacketOpener;

  constructor(inner: PacketOpener) {
    this.inner = inner;
  }

  get output(): Uint8Array {
    return this.inner.output;
  }

  get outputOffset(): number {
    return this.inner.outputOffset;
  }

  get outputIsOwned(): boolean {
    return this.inner.outputIsOwned;
  }

  unmask(...args: Parameters<PacketOpener['unmask']>): void {
    this.inner.unmask(...args);
  }

  open(...args: Parameters<PacketOpener['open']>): number {
    return this.inner.open(...args);
  }

  openRun(
    buffer: Uint8Array,
    offset: number,
    segmentSize: number,
    end: number,
    idLength: number,
    pathId: number,
    largestReceived: number,
    keyPhase: 0 | 1,
    results: Float64Array,
  ): number {
    const id = buffer.slice(offset + 1, offset + 1 + idLength);
    let largest = largestReceived;
    let count = 0;
    for (let at = offset; at < end && 2 * count < results.length; at += segmentSize) {
      const packet = buffer.subarray(at, Math.min(at + segmentSize, end));
      const isShort = ((packet[0] as number) & 0xc0) === 0x40;
      if (!isShort || packet.length < 1 + idLength + SAMPLE_END) break;
      if (id.some((octet, i) => packet[1 + i] !== octet)) break;
      const [length, number] = this.#openShort(packet, 1 + idLength, pathId, largest, keyPhase);
      results[2 * count] = length;
      results[2 * count + 1] = number;
      count += 1;
      if (length === OTHER_KEY_PHASE) break;
      if (length >= 0) largest = Math.max(largest, number);
    }
    return count;
  }

  /** Length of the plaintext, which takes the place of the ciphertext, or why there is none; packet number. */
  #openShort(
    packet: Uint8Array,
    numberOffset: number,
    pathId: number,
    largest: number,
    keyPhase: 0 | 1,
  ): readonly [number, number] {
    this.inner.unmask(packet, 0, numberOffset);
    const first = packet[0] as number;
    const numberLength = ((first & 0x03) + 1) as PacketNumberLength;
    const truncated = readPacketNumber(packet, numberOffset, numberLength);
    const number = decodePacketNumber(truncated, numberLength, largest);
    if (((first & 0x04) !== 0 ? 1 : 0) !== keyPhase) return [OTHER_KEY_PHASE, number];
    const header = numberOffset + numberLength;
    if (packet.length < header + TAG) return [-1, number];
    const length = this.inner.open(packet, 0, header, packet.length, pathId, number);
    if (length >= 0) {
      const { output, outputOffset } = this.inner;
      packet.set(output.slice(outputOffset, outputOffset + length), header);
    }
    return [length, number];
  }

  copyPieces(
    buffer: Uint8Array,
    sources: readonly Uint8Array[],
    pieces: Int32Array,
    count: number,
  ): void {
    for (let row = 0; row < count * PIECE_ROW_LENGTH; row += PIECE_ROW_LENGTH) {
      const source = sources[pieces[row + PieceColumn.source] as number] as Uint8Array;
      const from = pieces[row + PieceColumn.from] as number;
      const length = pieces[row + PieceColumn.length] as number;
      buffer.set(source.subarray(from, from + length), pieces[row + PieceColumn.to] as number);
    }
  }

  dispose(): void {
    this.inner.dispose();
  }
}
