import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { hkdfExpandLabel, nodeCryptoProvider } from '@mpquic/crypto';
import { AEADS, DERIVATION, fillPattern, Part } from './key-patterns.ts';
import { nativeTest } from './loopback.ts';

/** What a context holds of each key: AES has a key of 32 octets in two round keys. */
const CONTIGUOUS = 16;
const PAGE = 4096;
/** Octets of `/proc/PID/pagemap` for each page. */
const PAGE_ENTRY = 8;
/** Of a region, 1 GiB: larger is only what AddressSanitizer keeps of its own. */
const MOST_PAGES = 2 ** 18;

/** Each secret octet string of key-holder.ts. */
function secrets(): ReadonlyMap<string, Buffer> {
  const pattern = (length: number, seed: number): Uint8Array =>
    fillPattern(new Uint8Array(length), seed);
  const derived = (label: string, length: number): Uint8Array =>
    hkdfExpandLabel(
      nodeCryptoProvider,
      DERIVATION.hash,
      pattern(32, Part.secret),
      label,
      new Uint8Array(0),
      length,
    );
  const all = new Map<string, Uint8Array>([
    ['derived key', derived(DERIVATION.keyLabel, 16)],
    ['derived IV', derived(DERIVATION.ivLabel, 12)],
    ['derived header protection key', derived(DERIVATION.headerProtectionLabel, 16)],
  ]);
  for (const { aead, seed } of AEADS) {
    all.set(`${aead} key`, pattern(CONTIGUOUS, seed + Part.key));
    all.set(`${aead} IV`, pattern(12, seed + Part.iv));
    all.set(`${aead} header protection key`, pattern(CONTIGUOUS, seed + Part.headerProtectionKey));
  }
  return new Map([...all].map(([name, octets]) => [name, Buffer.from(octets)]));
}

/** The names of those that stand anywhere in the writable memory of a process. */
function found(pid: number, wanted: ReadonlyMap<string, Buffer>): string[] {
  const names = new Set<string>();
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const pages = openSync(`/proc/${pid}/pagemap`, 'r');
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, from, to] = line.match(/^([0-9a-f]+)-([0-9a-f]+) rw/) ?? [];
    if (from === undefined || to === undefined) continue;
    const first = Number.parseInt(from, 16) / PAGE;
    const count = Number.parseInt(to, 16) / PAGE - first;
    if (count > MOST_PAGES) continue;
    const entries = readAt(pages, first * PAGE_ENTRY, count * PAGE_ENTRY);
    for (const run of runsInUse(entries)) {
      const octets = readAt(memory, (first + run.at) * PAGE, run.count * PAGE);
      for (const [name, secret] of wanted) if (octets.includes(secret)) names.add(name);
    }
  }
  closeSync(memory);
  closeSync(pages);
  return [...names].sort();
}

/** The pages that were ever written to: most of what is reserved was not. */
function runsInUse(entries: Buffer): { readonly at: number; readonly count: number }[] {
  const runs: { at: number; count: number }[] = [];
  for (let page = 0; page < entries.length / PAGE_ENTRY; page++) {
    // Its highest bits: in memory, or swapped.
    if ((entries.readUInt8(page * PAGE_ENTRY + 7) & 0xc0) === 0) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.at + last.count === page) last.count += 1;
    else runs.push({ at: page, count: 1 });
  }
  return runs;
}

function readAt(file: number, position: number, length: number): Buffer {
  const octets = Buffer.allocUnsafe(length);
  try {
    return octets.subarray(0, readSync(file, octets, 0, length, position));
  } catch {
    // Memory of devices, which cannot be read.
    return octets.subarray(0, 0);
  }
}

async function told(holder: ChildProcess, message: string): Promise<void> {
  assert.deepEqual((await once(holder, 'message'))[0], message);
}

for (const gcm of ['addon', 'openssl']) {
  nativeTest(`keys stand nowhere in memory once they are released, AES-GCM: ${gcm}`, async () => {
    const holder = fork(new URL('./key-holder.js', import.meta.url), {
      env: { ...process.env, MPQUIC_NATIVE_GCM: gcm },
      execArgv: [],
    });
    const pid = holder.pid as number;
    const wanted = secrets();
    await told(holder, 'installed');
    assert.deepEqual(found(pid, wanted), [...wanted.keys()].sort(), 'the search finds them');
    holder.send('release');
    await told(holder, 'released');
    assert.deepEqual(found(pid, wanted), []);
    holder.send('end');
    await once(holder, 'close');
  });
}
