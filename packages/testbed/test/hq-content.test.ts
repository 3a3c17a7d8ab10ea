import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileRoot, octets } from '@mpquic/hq';

test('octets: the length that was asked for, the same at every position', () => {
  const collect = (length: number): Buffer => Buffer.concat([...octets(length)]);
  const long = collect(3_000_000);
  assert.equal(long.length, 3_000_000);
  for (const length of [0, 1, 65_536, 1_048_573, 1_048_574]) {
    assert.ok(collect(length).equals(long.subarray(0, length)), `${length} octets`);
  }
  const period = 1_048_573;
  assert.ok(long.subarray(period, period + 1000).equals(long.subarray(0, 1000)));
  assert.ok(!long.subarray(65_536, 66_536).equals(long.subarray(0, 1000)));
});

test('a root serves what is below it, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hq-root-'));
  const inside = join(folder, 'root');
  await mkdir(join(inside, 'sub'), { recursive: true });
  await writeFile(join(folder, 'secret'), 'outside');
  await writeFile(join(inside, 'a b'), 'inside');
  await symlink('../secret', join(inside, 'link'));
  try {
    const root = await FileRoot.open(inside);
    const read = async (path: string): Promise<string | undefined> => {
      const content = await root.read(path);
      if (content === undefined) return undefined;
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part);
      return Buffer.concat(parts).toString();
    };
    assert.equal(await read('/a%20b?query'), 'inside');
    const refused = ['/../secret', '/%2e%2e/secret', '/link', '/sub', '/none', '/%ff', '/%00', '/'];
    for (const path of refused) assert.equal(await read(path), undefined, path);
    await assert.rejects(FileRoot.open(join(inside, 'a b')), /not a folder/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
