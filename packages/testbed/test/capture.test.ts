/** The joined capture: what Wireshark opens. `scripts/check-captures.mjs` has tshark decode one. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { LinkType, readCapture } from '@mpquic/capture';
import { concatBytes, fromUtf8, utf8 } from '@mpquic/wire';
import fc from 'fast-check';
import { findExperiments } from '../src/experiments/all-experiments.ts';
import { writeExperiment } from '../src/experiments/artefacts.ts';
import { runExperiments } from '../src/experiments/run-experiments.ts';
import type { StageRecord } from '../src/experiments/stage-watch.ts';
import { Http2Frames } from '../src/story/http2-frames.ts';

const CLIENT = { host: '127.0.0.1', port: 40_000 };
const SERVER = { host: '127.0.0.5', port: 29_502 };
const PREFACE = utf8('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function frame(payload: Uint8Array): Uint8Array {
  const { length } = payload;
  return concatBytes(Uint8Array.of(0, length >> 8, length & 0xff, 0, 0, 0, 0, 0, 1), payload);
}

test('HTTP/2 frames come out whole, however the octets were cut', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
  fc.assert(
    fc.property(payloads, fc.array(fc.integer({ min: 1, max: 200 })), (bodies, cuts) => {
      const wanted = [PREFACE, ...bodies.map(frame)];
      const frames = new Http2Frames();
      const taken: Uint8Array[] = [];
      let rest = concatBytes(...wanted);
      for (const cut of cuts) {
        taken.push(...frames.take(CLIENT, SERVER, rest.slice(0, cut)));
        rest = rest.subarray(cut);
      }
      taken.push(...frames.take(CLIENT, SERVER, rest));
      assert.deepEqual(taken.map(hex), wanted.map(hex));
    }),
  );
});

test('directions do not mix', () => {
  const frames = new Http2Frames();
  const whole = frame(utf8('body'));
  assert.deepEqual(frames.take(CLIENT, SERVER, whole.slice(0, 5)), []);
  assert.equal(frames.take(SERVER, CLIENT, whole).length, 1);
  assert.equal(frames.take(CLIENT, SERVER, whole.slice(5)).length, 1);
});

test('an experiment leaves a capture of all interfaces, its key log, and a document without keys', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mpq-test-'));
  try {
    const stages: StageRecord[] = [];
    const [run] = await runExperiments(findExperiments(['D17']), {
      watcher: { captures: true, onStage: (stage) => stages.push(stage) },
    });
    assert.ok(run !== undefined);
    const files = writeExperiment(folder, run, stages);
    assert.deepEqual(readdirSync(folder), ['D17-6']);
    const [capture = '', keyLog = '', document = ''] = files;
    assert.equal(statSync(capture).mode & 0o077, 0, 'for its owner only');
    const { packets, keyLogs } = readCapture(readFileSync(capture));
    const seen = new Map(packets.map((packet) => [packet.interfaceName, packet.linkType]));
    assert.deepEqual(Object.fromEntries(seen), {
      N1: LinkType.exportedPdu,
      'N1 deciphered': LinkType.exportedPdu,
      N4: LinkType.exportedPdu,
      SBI: LinkType.exportedPdu,
      QUIC: LinkType.raw,
    });
    const dissectors = packets
      .filter(({ linkType }) => linkType === LinkType.exportedPdu)
      .map(({ data }) => fromUtf8(data.slice(4, 4 + (data[3] as number))).replaceAll('\0', ''));
    assert.deepEqual([...new Set(dissectors)].sort(), ['http2', 'nas-5gs', 'pfcp']);
    assert.match(keyLogs.join(''), /^CLIENT_HANDSHAKE_TRAFFIC_SECRET /m);
    assert.equal(readFileSync(keyLog, 'utf8'), keyLogs.join(''));
    const text = readFileSync(document, 'utf8');
    assert.equal(JSON.parse(text).verdict, 'confirmed');
    assert.ok(JSON.parse(text).networks[0].messages.length > 10);
    const key = stages[0]?.events.find((event) => event.type === 'key' && event.name === 'K_AMF');
    assert.ok(key?.type === 'key' && !text.includes(hex(key.value)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
