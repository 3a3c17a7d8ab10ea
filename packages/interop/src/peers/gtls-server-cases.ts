import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CaseContext, CaseUnsupported, expect, type InteropCase } from '../matrix.ts';
import { ecnRemark } from '../quic/ecn-remark.ts';
import { updateKey } from '../quic/update-key.ts';
import { type OurServer, type OurServerOptions, withOurServer } from './gtls-setup.ts';
import { rate } from './qpsk-setup.ts';

const MEGABYTE = 1_000_000;

function clientCase(
  name: string,
  options: OurServerOptions,
  use: (server: OurServer, context: CaseContext) => Promise<string | undefined>,
): InteropCase {
  return {
    name,
    role: 'server',
    run: (context) => withOurServer(context, options, (server) => use(server, context)),
  };
}

const line = (log: readonly string[], text: string): boolean =>
  log.some((one) => one.includes(text));

/** gtlsclient against our server: certificates, HTTP/3. */
export const serverCases: readonly InteropCase[] = [
  clientCase('h3-get', {}, async ({ download, sessions }) => {
    const started = performance.now();
    await download(10 * MEGABYTE);
    expect(sessions[0]?.psk === undefined, 'a PSK');
    return rate(10 * MEGABYTE, started);
  }),
  clientCase('retry', { retry: true }, async ({ download }) => {
    const client = await download(1000);
    expect(line(client.log, 'type=Retry'), 'no Retry came', client.log);
    return undefined;
  }),
  clientCase('resumption', {}, async ({ download, sessions }, { folder }) => {
    const file = join(folder, 'session');
    await download(1000, [`--session-file=${file}`, '--disable-early-data']);
    expect(existsSync(file), 'no ticket was stored');
    await download(2000, [`--session-file=${file}`, '--disable-early-data']);
    expect(sessions[1]?.handshake?.resumed === true, 'the session was not resumed');
    return undefined;
  }),
  clientCase(
    '0-rtt',
    { earlyData: true },
    async ({ download, sessions }, { folder, recording }) => {
      const kept = ['session', 'tp'].map((name) => `--${name}-file=${join(folder, name)}`);
      await download(1000, kept);
      await download(2000, kept);
      expect(sessions[1]?.handshake?.resumed === true, 'the session was not resumed');
      expect(recording.received.has('early'), 'no 0-RTT packet was taken');
      return undefined;
    },
  ),
  clientCase(
    '0-rtt-rejected',
    { earlyData: { firstUse: () => false } },
    async ({ download }, { folder, recording }) => {
      const kept = ['session', 'tp'].map((name) => `--${name}-file=${join(folder, name)}`);
      await download(1000, kept);
      await download(2000, kept);
      expect(recording.received.has('dropped early_data_refused'), 'no 0-RTT packet came');
      expect(!recording.received.has('early'), 'a 0-RTT packet was taken');
      return undefined;
    },
  ),
  clientCase('ecn', {}, async ({ download, sessions }) => {
    await download(MEGABYTE);
    return ecnRemark(sessions[0]);
  }),
  clientCase(
    'key-update-by-us',
    { onSession: (session) => void updateKey(session).catch(() => undefined) },
    async ({ download, sessions }) => {
      await download(10 * MEGABYTE);
      expect(Number(sessions[0]?.stats.keyUpdates ?? 0) > 0, 'no key update was made');
      return undefined;
    },
  ),
  clientCase('new-token', { retry: true }, async ({ download }, { folder }) => {
    const file = join(folder, 'token');
    await download(1000, [`--token-file=${file}`]);
    expect(existsSync(file), 'no token was stored');
    const client = await download(2000, [`--token-file=${file}`]);
    if (line(client.log, 'Could not read token in')) {
      throw new CaseUnsupported('gtlsclient 0.12 cannot read the token file that it wrote');
    }
    expect(!line(client.log, 'type=Retry'), 'a Retry in spite of the token', client.log);
    return undefined;
  }),
  clientCase('key-update-by-peer', {}, async ({ download, sessions }) => {
    await download(10 * MEGABYTE, ['--key-update=10ms']);
    expect(Number(sessions[0]?.stats.keyUpdates ?? 0) > 0, 'no key update was seen');
    return undefined;
  }),
  clientCase('migration', {}, async ({ download, pathEvents }) => {
    await download(20 * MEGABYTE, ['--change-local-addr=20ms']);
    expect(pathEvents.includes('path_migrated'), `we saw ${pathEvents.join(', ')}`);
    return pathEvents.join(', ');
  }),
  // An upload: a client that only receives would send nothing from its new port.
  clientCase('nat-rebinding', {}, async ({ download, pathEvents }, { folder }) => {
    const file = join(folder, 'upload');
    await writeFile(file, Buffer.alloc(10 * MEGABYTE));
    const rebinding = ['--change-local-addr=20ms', '--nat-rebinding'];
    await download(1000, ['--http-method=POST', `--data=${file}`, ...rebinding]);
    const validated = pathEvents.indexOf('path_validated', pathEvents.indexOf('path_migrated'));
    expect(validated > 0, `we saw ${pathEvents.join(', ')}`);
    return pathEvents.join(', ');
  }),
  clientCase('version-negotiation', {}, async ({ download }) => {
    const client = await download(1000, ['-v', '0x1a2a3a4a', '--preferred-versions=v1']);
    expect(line(client.log, 'type=VN'), 'no Version Negotiation came', client.log);
    return undefined;
  }),
  clientCase('loss-2-percent', {}, async ({ download }) => {
    const started = performance.now();
    await download(2 * MEGABYTE, ['-t', '0.02', '-r', '0.02']);
    return rate(2 * MEGABYTE, started);
  }),
];
