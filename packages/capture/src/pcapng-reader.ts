import { fromUtf8 } from '@mpquic/wire';
import type { Capture, CapturedPacket } from './capture.ts';
import { Block, BYTE_ORDER_MAGIC, Option, paddedLength, TLS_KEY_LOG } from './pcapng-blocks.ts';

/** What an interface description block says of its packets. */
interface Interface {
  readonly linkType: number;
  readonly name: string | undefined;
  /** Microseconds per unit of time stamps, and those to add to them. */
  readonly microseconds: number;
  readonly offset: number;
}

/** Reads a pcapng file; undefined where it does not begin like one. draft-ietf-opsawg-pcapng §3 */
export function readPcapng(file: Uint8Array): Capture | undefined {
  const reader = new PcapngReader(file);
  return reader.startsSection(0) ? reader.read() : undefined;
}

class PcapngReader {
  readonly #file: Uint8Array;
  readonly #view: DataView;
  readonly #packets: CapturedPacket[] = [];
  readonly #keyLogs: string[] = [];
  #isLittle = false;
  #interfaces: Interface[] = [];

  constructor(file: Uint8Array) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  read(): Capture {
    let problem: string | undefined;
    for (let at = 0; at < this.#file.length; ) {
      if (this.startsSection(at)) this.#beginSection(at);
      const length = this.#blockLength(at);
      if (length === undefined) {
        problem = `the block at octet ${at} is cut short or damaged`;
        break;
      }
      this.#readBlock(this.#uint32(at), at + 8, at + length - 4);
      at += length;
    }
    return { packets: this.#packets, keyLogs: this.#keyLogs, problem };
  }

  /** The type of section headers reads the same in both byte orders. */
  startsSection(at: number): boolean {
    if (at + 12 > this.#file.length) return false;
    if (this.#view.getUint32(at) !== Block.sectionHeader) return false;
    const magic = this.#view.getUint32(at + 8);
    return magic === BYTE_ORDER_MAGIC || magic === 0x4d3c_2b1a;
  }

  #beginSection(at: number): void {
    this.#isLittle = this.#view.getUint32(at + 8) !== BYTE_ORDER_MAGIC;
    this.#interfaces = [];
  }

  #blockLength(at: number): number | undefined {
    const left = this.#file.length - at;
    if (left < 12) return undefined;
    const length = this.#uint32(at + 4);
    return length >= 12 && length % 4 === 0 && length <= left ? length : undefined;
  }

  /** Blocks of unknown type, and those too short for their fields, are passed over. */
  #readBlock(type: number, start: number, end: number): void {
    const length = end - start;
    if (type === Block.interfaceDescription && length >= 8) this.#readInterface(start, end);
    else if (type === Block.decryptionSecrets && length >= 8) this.#readSecrets(start, end);
    else if (type === Block.simplePacket && length >= 4) this.#readSimplePacket(start, end);
    else if (type === Block.enhancedPacket && length >= 20) {
      this.#readPacket(this.#uint32(start), start, end);
    } else if (type === Block.packet && length >= 20) {
      this.#readPacket(this.#view.getUint16(start, this.#isLittle), start, end);
    }
  }

  #readInterface(start: number, end: number): void {
    let name: string | undefined;
    let microseconds = 1;
    let offset = 0;
    for (let at = start + 8; at + 4 <= end; ) {
      const code = this.#view.getUint16(at, this.#isLittle);
      const length = this.#view.getUint16(at + 2, this.#isLittle);
      const value = at + 4;
      if (code === Option.end || value + length > end) break;
      if (code === Option.interfaceName)
        name = fromUtf8(this.#file.subarray(value, value + length));
      else if (code === Option.timestampResolution && length === 1) {
        microseconds = unitOf(this.#file[value] as number);
      } else if (code === Option.timestampOffset && length === 8) {
        offset = Number(this.#view.getBigInt64(value, this.#isLittle)) * 1e6;
      }
      at = value + paddedLength(length);
    }
    const linkType = this.#view.getUint16(start, this.#isLittle);
    this.#interfaces.push({ linkType, name, microseconds, offset });
  }

  /** Enhanced packet blocks, and obsolete packet blocks, whose fields lie alike. */
  #readPacket(interfaceId: number, start: number, end: number): void {
    const from = this.#interfaces[interfaceId];
    const captured = this.#uint32(start + 12);
    if (!from || captured > end - start - 20) return;
    const units = this.#uint32(start + 4) * 2 ** 32 + this.#uint32(start + 8);
    const time = units * from.microseconds + from.offset;
    this.#add(from, time, start + 20, captured, this.#uint32(start + 16));
  }

  #readSimplePacket(start: number, end: number): void {
    const from = this.#interfaces[0];
    const originalLength = this.#uint32(start);
    if (!from) return;
    this.#add(from, 0, start + 4, Math.min(originalLength, end - start - 4), originalLength);
  }

  #add(
    from: Interface,
    time: number,
    start: number,
    captured: number,
    originalLength: number,
  ): void {
    this.#packets.push({
      number: this.#packets.length + 1,
      time,
      linkType: from.linkType,
      interfaceName: from.name,
      data: this.#file.subarray(start, start + captured),
      originalLength,
    });
  }

  #readSecrets(start: number, end: number): void {
    const length = this.#uint32(start + 4);
    if (this.#uint32(start) !== TLS_KEY_LOG || length > end - start - 8) return;
    this.#keyLogs.push(fromUtf8(this.#file.subarray(start + 8, start + 8 + length)));
  }

  #uint32(at: number): number {
    return this.#view.getUint32(at, this.#isLittle);
  }
}

/** Microseconds of one unit of time: 10^-n seconds, or 2^-n with the highest bit set. */
function unitOf(resolution: number): number {
  const base = (resolution & 0x80) === 0 ? 10 : 2;
  return 1e6 / base ** (resolution & 0x7f);
}
