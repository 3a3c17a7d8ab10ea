import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOCK_LENGTH, BlockPool } from '../src/streams/block-pool.ts';
import { Reassembly } from '../src/streams/reassembly.ts';
import { ReceiveMemory } from '../src/streams/receive-memory.ts';
import { SourceViews } from '../src/streams/source-views.ts';

const SIZE = 1000;

/** The octet at each offset of the stream. */
function octetAt(offset: number): number {
  return (offset * 31) % 251;
}

function packetAt(offset: number): Uint8Array {
  const packet = new Uint8Array(SIZE);
  for (let i = 0; i < SIZE; i++) packet[i] = octetAt(offset + i);
  return packet;
}

/** Counts the blocks that are out at a time, and those ever made. */
class CountingPool extends BlockPool {
  out = 0;
  readonly made = new Set<ArrayBufferLike>();

  override take(): Uint8Array {
    const block = super.take();
    this.out += 1;
    this.made.add(block.buffer);
    return block;
  }

  override giveBack(block: Uint8Array): void {
    this.out -= 1;
    super.giveBack(block);
  }
}

test('octets that come out of order go through the same blocks again and again', () => {
  const pool = new CountingPool();
  const memory = new ReceiveMemory(pool, new SourceViews());
  const reassembly = new Reassembly(memory);
  let read = 0;
  for (let round = 0; round < 200; round++) {
    const base = round * 20 * SIZE;
    for (let i = 19; i >= 0; i--) {
      const packet = packetAt(base + i * SIZE);
      reassembly.write(packet, 0, SIZE, base + i * SIZE, false);
    }
    for (let piece = reassembly.read(); piece; piece = reassembly.read()) {
      for (const octet of piece) if (octet !== octetAt(read++)) assert.fail(`octet ${read - 1}`);
      memory.recycle(piece);
    }
    assert.equal(pool.out, 0, 'all blocks are back');
  }
  assert.equal(read, 200 * 20 * SIZE);
  assert.ok(pool.made.size <= 3, `${pool.made.size} blocks for 20,000 octets out of order`);
});

test('blocks that are passed without a gap at their end are given back as well', () => {
  const pool = new CountingPool();
  const reassembly = new Reassembly(new ReceiveMemory(pool, new SourceViews()));
  reassembly.write(packetAt(SIZE), 0, SIZE, SIZE, false);
  reassembly.write(packetAt(4 * BLOCK_LENGTH), 0, SIZE, 4 * BLOCK_LENGTH, false);
  assert.equal(pool.out, 2);
  for (let offset = 0; offset < 2 * BLOCK_LENGTH; offset += SIZE) {
    reassembly.write(packetAt(offset), 0, SIZE, offset, false);
  }
  assert.equal(pool.out, 1, 'the block behind the gap');
  reassembly.discard();
  assert.equal(pool.out, 0);
});

test('a block that the reader still has is not used again', () => {
  const pool = new CountingPool();
  const memory = new ReceiveMemory(pool, new SourceViews());
  const reassembly = new Reassembly(memory);
  const arrive = (from: number): Uint8Array[] => {
    for (let i = 29; i >= 0; i--) {
      reassembly.write(packetAt(from + i * SIZE), 0, SIZE, from + i * SIZE, false);
    }
    const pieces: Uint8Array[] = [];
    for (let piece = reassembly.read(); piece; piece = reassembly.read()) pieces.push(piece);
    return pieces;
  };
  const kept = arrive(0);
  assert.equal(pool.out, 1, 'the reader has it');
  for (let round = 1; round < 50; round++) {
    for (const piece of arrive(round * 30 * SIZE)) memory.recycle(piece);
  }
  let offset = 0;
  for (const piece of kept) {
    for (const octet of piece) if (octet !== octetAt(offset++)) assert.fail(`octet ${offset - 1}`);
  }
  assert.equal(offset, 30 * SIZE);
  assert.equal(pool.out, 1);
  for (const piece of kept) memory.recycle(piece);
  assert.equal(pool.out, 0);
});
