import { type ByteReader, type ByteWriter, isText } from '@mpquic/wire';
import { readLength } from '../codec.ts';

/** A ProtocolNameList as it came: names are compared, octet by octet, and never decoded. RFC 7301 §3.1 */
export class ProtocolNames {
  readonly #source: Uint8Array;
  /** Of the list, behind its length. */
  readonly #start: number;
  readonly #end: number;
  readonly count: number;

  private constructor(source: Uint8Array, start: number, end: number, count: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.count = count;
  }

  /** At least one name, of at least one octet each. */
  static read(this: void, reader: ByteReader): ProtocolNames {
    const outer = reader.narrow(readLength(reader, 2, 2));
    const { offset, end } = reader;
    let count = 0;
    while (reader.remaining > 0) {
      reader.skip(readLength(reader, 1, 1));
      count++;
    }
    reader.widen(outer);
    return new ProtocolNames(reader.source, offset, end, count);
  }

  /** The first of these names that is in the list. */
  first(names: readonly string[]): string | undefined {
    for (const name of names) if (this.#includes(name)) return name;
    return undefined;
  }

  #includes(name: string): boolean {
    for (let at = this.#start; at < this.#end; ) {
      const end = at + 1 + (this.#source[at] as number);
      if (isText(this.#source, at + 1, end, name)) return true;
      at = end;
    }
    return false;
  }
}

export function writeProtocolNames(writer: ByteWriter, names: readonly string[]): void {
  writer.vector(2, writeNames, names);
}

function writeNames(writer: ByteWriter, names: readonly string[]): void {
  for (const name of names) writer.vector(1, writeName, name);
}

function writeName(writer: ByteWriter, name: string): void {
  writer.text(name);
}
