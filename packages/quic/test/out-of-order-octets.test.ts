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
  return Uint8Array.from({ length: SIZE }, (_, i) => octetAt(offset + i));
}

/** Counts the blocks that are out at a time, and those ever made. */
class CountingPool extends BlockPool {
  out = 0;
  readonly made = new Set<Uint8Array>();

  override take(): Uint8Array {
    const block = super.take();
    this.out += 1;
    this.made.add(block);
    return block;
  }

  override giveBack(block: Uint8Array): void {
    this.out -= 1;
    super.giveBack(block);
  }
}

test('octets that come out of order go through the same blocks again and again', () => {
  const pool = new CountingPool();
  const reassembly = new Reassembly(new ReceiveMemory(pool, new SourceViews()));
  let read = 0;
  for (let round = 0; round < 200; round++) {
    const base = round * 20 * SIZE;
    for (let i = 19; i >= 0; i--) {
      const packet = packetAt(base + i * SIZE);
      reassembly.write(packet, 0, SIZE, base + i * SIZE, false);
    }
    for (let piece = reassembly.read(); piece; piece = reassembly.read()) {
      for (const octet of piece) assert.equal(octet, octetAt(read++));
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
