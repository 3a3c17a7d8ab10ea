import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockPool } from '../src/streams/block-pool.ts';
import { Reassembly } from '../src/streams/reassembly.ts';
import { ReceiveMemory } from '../src/streams/receive-memory.ts';
import { SourceViews } from '../src/streams/source-views.ts';

const CHUNK = 65_536;

/** Lets octets arrive in order, in packets of `size`, and reads them. */
class Arrivals {
  readonly memory = new ReceiveMemory(new BlockPool(), new SourceViews());
  readonly #reassembly = new Reassembly(this.memory);
  #offset = 0;

  read(octets: number, size: number): Uint8Array[] {
    const packet = new Uint8Array(size).fill(7);
    const pieces: Uint8Array[] = [];
    for (const end = this.#offset + octets; this.#offset < end; this.#offset += size) {
      this.#reassembly.write(packet, 0, size, this.#offset, false);
      for (let piece = this.#reassembly.read(); piece; piece = this.#reassembly.read()) {
        pieces.push(piece);
      }
    }
    return pieces;
  }
}

function buffers(pieces: readonly Uint8Array[]): Set<ArrayBufferLike> {
  return new Set(pieces.map(({ buffer }) => buffer));
}

function common(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  const known = buffers(a);
  return [...buffers(b)].filter((buffer) => known.has(buffer)).length;
}

test('without recycling every chunk is new', () => {
  const arrivals = new Arrivals();
  const first = arrivals.read(1_000_000, 1000);
  assert.equal(common(first, arrivals.read(1_000_000, 1000)), 1, 'the chunk that was not full');
});

test('chunks that came back whole are used again; what the reader keeps stays as it is', () => {
  const arrivals = new Arrivals();
  const first = arrivals.read(1_000_000, 1000);
  const kept = first.splice(500);
  for (const piece of first) arrivals.memory.recycle(piece);
  const second = arrivals.read(2_000_000, 1000);
  assert.ok(common(first, second) >= 5);
  for (const piece of second) piece.fill(1);
  const shared = (kept[0] as Uint8Array).buffer;
  for (const piece of kept) {
    if (piece.buffer !== shared) assert.ok(piece.every((octet) => octet === 7));
  }
});

test('octets that are not of a chunk are not taken', () => {
  const arrivals = new Arrivals();
  const foreign = new Uint8Array(CHUNK).fill(9);
  arrivals.memory.recycle(foreign);
  arrivals.read(1_000_000, 1000);
  assert.ok(foreign.every((octet) => octet === 9));
});

test('no more than 32 chunks wait to be used again', () => {
  const arrivals = new Arrivals();
  const first = arrivals.read(100 * CHUNK, CHUNK);
  for (const piece of first) arrivals.memory.recycle(piece);
  const reused = common(first, arrivals.read(100 * CHUNK, CHUNK));
  assert.ok(reused >= 31 && reused <= 33, `${reused} chunks`);
});
