import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { encodeExportedPdu, LinkType, PcapngWriter } from '@mpquic/capture';

/** A message, and the values that tshark is to show for some of its fields. */
export interface Dissection {
  readonly malformed: boolean;
  /** Per field asked for: its values, several ones joined by commas. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Whether `tshark` is there: to start it takes half a second. */
export function hasTshark(): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, 'tshark')));
}

/** What tshark makes of each message of the protocol whose dissector is named. */
export function dissect(
  dissector: string,
  messages: readonly Uint8Array[],
  fields: readonly string[],
): Dissection[] {
  const capture = new PcapngWriter('test corpus');
  const here = { host: '127.0.0.7', port: 8805 };
  const there = { host: '127.0.0.8', port: 8805 };
  const corpus = capture.addInterface({ name: dissector, linkType: LinkType.exportedPdu });
  for (const [index, message] of messages.entries()) {
    const pdu = { dissector, transport: 'udp', source: here, destination: there, message } as const;
    capture.addPacket(corpus, index, encodeExportedPdu(pdu));
  }
  const columns = ['_ws.malformed', ...fields].flatMap((field) => ['-e', field]);
  const folder = mkdtempSync(join(tmpdir(), 'dissection-'));
  const file = join(folder, 'corpus.pcapng');
  writeFileSync(file, capture.take());
  const run = spawnSync('tshark', ['-r', file, '-T', 'fields', ...columns], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  if (run.status !== 0) throw new Error(`tshark: ${run.stderr}`);
  const lines = run.stdout.split('\n').slice(0, -1);
  return lines.map((line) => {
    const [malformed, ...values] = line.split('\t');
    const pairs = fields.map((field, column) => [field, values[column] ?? '']);
    return { malformed: malformed !== '', fields: Object.fromEntries(pairs) };
  });
}
