import { ByteWriter, type Instant, UsageError, utf8 } from '@mpquic/wire';
import { Block, BYTE_ORDER_MAGIC, Option, paddedLength, TLS_KEY_LOG } from './pcapng-blocks.ts';

const MICROSECONDS = 6;

export interface CaptureInterface {
  readonly name: string;
  /** See `LinkType`. */
  readonly linkType: number;
  readonly description?: string;
}

/**
 * Makes a pcapng file block by block; {@link take} hands over what was made since the last call, for
 * the caller to append to the file. draft-ietf-opsawg-pcapng §4
 */
export class PcapngWriter {
  #pending = new ByteWriter(4096);
  #interfaces = 0;

  /** @param application named in the file as its writer */
  constructor(application: string) {
    this.#block(Block.sectionHeader, (block) => {
      block.uint32(BYTE_ORDER_MAGIC).uint16(1).uint16(0);
      block.uint32(0xffff_ffff).uint32(0xffff_ffff); // length of the section not given
      writeOption(block, Option.userApplication, utf8(application));
      writeOption(block, Option.end, NO_BYTES);
    });
  }

  /** Describes an interface and returns its number. */
  addInterface(described: CaptureInterface): number {
    this.#block(Block.interfaceDescription, (block) => {
      block.uint16(described.linkType).uint16(0).uint32(0); // no snap length
      writeOption(block, Option.interfaceName, utf8(described.name));
      if (described.description !== undefined) {
        writeOption(block, Option.interfaceDescription, utf8(described.description));
      }
      writeOption(block, Option.timestampResolution, Uint8Array.of(MICROSECONDS));
      writeOption(block, Option.end, NO_BYTES);
    });
    this.#interfaces += 1;
    return this.#interfaces - 1;
  }

  /**
   * Adds a packet, link header first.
   * @param time microseconds since 1970
   * @throws {UsageError} on an interface that was not added
   */
  addPacket(interfaceId: number, time: Instant, data: Uint8Array, comment?: string): void {
    if (interfaceId >= this.#interfaces) throw new UsageError(`no interface ${interfaceId}`);
    const microseconds = Math.floor(time);
    this.#block(Block.enhancedPacket, (block) => {
      block.uint32(interfaceId);
      block.uint32(Math.floor(microseconds / 2 ** 32)).uint32(microseconds % 2 ** 32);
      block.uint32(data.length).uint32(data.length);
      writePadded(block, data);
      if (comment === undefined) return;
      writeOption(block, Option.comment, utf8(comment));
      writeOption(block, Option.end, NO_BYTES);
    });
  }

  /** Embeds a TLS key log, lines in the NSS format, ahead of the packets that it decrypts. */
  addKeyLog(lines: string): void {
    const text = utf8(lines);
    this.#block(Block.decryptionSecrets, (block) => {
      block.uint32(TLS_KEY_LOG).uint32(text.length);
      writePadded(block, text);
    });
  }

  /** The blocks made since the last call. */
  take(): Uint8Array {
    const bytes = this.#pending.finish();
    this.#pending = new ByteWriter(4096);
    return bytes;
  }

  #block(type: number, write: (block: ByteWriter) => void): void {
    const body = new ByteWriter(256);
    write(body);
    const total = body.length + 12;
    this.#pending.uint32(type).uint32(total).bytes(body.finish()).uint32(total);
  }
}

function writeOption(block: ByteWriter, code: number, value: Uint8Array): void {
  if (value.length > 0xffff) throw new UsageError('an option has at most 65535 octets');
  block.uint16(code).uint16(value.length);
  writePadded(block, value);
}

function writePadded(block: ByteWriter, bytes: Uint8Array): void {
  block.bytes(bytes).zeros(paddedLength(bytes.length) - bytes.length);
}

const NO_BYTES = new Uint8Array();
