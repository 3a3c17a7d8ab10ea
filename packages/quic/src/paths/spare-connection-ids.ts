import { readInt32 } from './connection-id-table.ts';

/** Columns of a row; octets stand in 32-bit words, the last of a connection ID filled up with zeros. */
const SEQUENCE = 0;
const ID_LENGTH = 1;
const ID = 2;
const ID_WORDS = 5;
const TOKEN = ID + ID_WORDS;
const TOKEN_WORDS = 4;
const COLUMNS = TOKEN + TOKEN_WORDS;

/**
 * The peer's connection IDs of one path that are not in use, with their stateless reset tokens: rows of integers,
 * since every connection keeps several, and typed arrays of so few octets take five times the memory.
 */
export class SpareConnectionIds {
  /** Rising sequence numbers. */
  #rows: readonly number[] = NO_ROWS;

  get count(): number {
    return this.#rows.length / COLUMNS;
  }

  /** The lowest sequence number, undefined where there is none. */
  get lowest(): number | undefined {
    return this.#rows[SEQUENCE];
  }

  /** Keeps a copy of the octets: 0 to 20 of the connection ID, 16 of its token. */
  add(sequence: number, id: Uint8Array, token: Uint8Array): void {
    const rows = this.#rows;
    const row = rowOf(sequence, id, token);
    let at = rows.length;
    while (at > 0 && (rows[at - COLUMNS + SEQUENCE] as number) > sequence) at -= COLUMNS;
    this.#rows = rows.length === 0 ? row : rows.slice(0, at).concat(row, rows.slice(at));
  }

  /** Whether the spare of this sequence number, where there is one, has other octets. */
  contradicts(sequence: number, id: Uint8Array, token: Uint8Array): boolean {
    const rows = this.#rows;
    for (let at = 0; at < rows.length; at += COLUMNS) {
      if (rows[at + SEQUENCE] !== sequence) continue;
      return !hasId(rows, at, id) || !hasWords(rows, at + TOKEN, TOKEN_WORDS, token);
    }
    return false;
  }

  /** Sequence number of the spare of these octets, or undefined. */
  find(id: Uint8Array): number | undefined {
    const rows = this.#rows;
    for (let at = 0; at < rows.length; at += COLUMNS) {
      if (hasId(rows, at, id)) return rows[at + SEQUENCE];
    }
    return undefined;
  }

  /** The connection ID of the lowest sequence number. */
  get lowestId(): Uint8Array {
    return octetsOf(this.#rows, ID, this.#rows[ID_LENGTH] as number);
  }

  get lowestToken(): Uint8Array {
    return octetsOf(this.#rows, TOKEN, 4 * TOKEN_WORDS);
  }

  /** Forgets the one of the lowest sequence number. */
  dropLowest(): void {
    this.#rows = this.#rows.length <= COLUMNS ? NO_ROWS : this.#rows.slice(COLUMNS);
  }

  clear(): void {
    this.#rows = NO_ROWS;
  }
}

function rowOf(sequence: number, id: Uint8Array, token: Uint8Array): readonly number[] {
  return [
    sequence,
    id.length,
    wordAt(id, 0),
    wordAt(id, 4),
    wordAt(id, 8),
    wordAt(id, 12),
    wordAt(id, 16),
    readInt32(token, 0),
    readInt32(token, 4),
    readInt32(token, 8),
    readInt32(token, 12),
  ];
}

function hasId(rows: readonly number[], at: number, id: Uint8Array): boolean {
  return rows[at + ID_LENGTH] === id.length && hasWords(rows, at + ID, ID_WORDS, id);
}

function hasWords(rows: readonly number[], at: number, count: number, octets: Uint8Array): boolean {
  for (let word = 0; word < count; word++) {
    if (rows[at + word] !== wordAt(octets, 4 * word)) return false;
  }
  return true;
}

/** Four octets as a signed integer; zeros behind the last. */
function wordAt(octets: Uint8Array, offset: number): number {
  if (offset + 4 <= octets.length) return readInt32(octets, offset);
  let word = 0;
  for (let at = offset; at < offset + 4; at++) {
    word = (word << 8) | (at < octets.length ? (octets[at] as number) : 0);
  }
  return word;
}

function octetsOf(rows: readonly number[], at: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    octets[i] = (rows[at + (i >> 2)] as number) >> (24 - 8 * (i & 3));
  }
  return octets;
}

const NO_ROWS: readonly number[] = [];
