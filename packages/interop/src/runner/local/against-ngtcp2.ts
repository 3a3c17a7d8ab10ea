import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CaseUnsupported, expect, type InteropCase } from '../../matrix.ts';
import { PeerProcess } from '../../peer-process.ts';
import { GTLS_CLIENT, GTLS_SERVER } from '../../peers/gtls-setup.ts';
import { type CaseFolders, prepareCase, startEndpoint } from './case-run.ts';
import type { LinkCase } from './link-cases.ts';
import { LinkRun } from './link-run.ts';

const OCTETS = 2_000_000;
/** Each with losses of its own, the same for both stacks: one alone tells little. */
const RUNS = 8;
/** What all of ours together may take of theirs. */
const LIMIT = 1.2;
const LOSS_PERCENT = 2;

const LOSSY: LinkCase = {
  name: 'transferloss-against-ngtcp2',
  client: 'http3',
  server: 'http3',
  files: [],
  check: () => undefined,
};

/** Starts a client that downloads the file from the port of a link. */
type StartClient = (port: number, run: number) => PeerProcess;

/** 2 MB over HTTP/3 at 2 % loss: this stack on both ends, and ngtcp2 on both ends of the same link, in turns. */
export const againstNgtcp2: InteropCase = {
  name: LOSSY.name,
  role: 'both',
  timeout: 240_000,
  slow: true,
  run: async (context) => {
    if (!existsSync(GTLS_SERVER) || !existsSync(GTLS_CLIENT)) {
      throw new CaseUnsupported('gtlsserver and gtlsclient are not installed');
    }
    const { folder, signal } = context;
    const folders = await prepareCase(LOSSY, folder);
    await writeFile(join(folders.www, 'file'), randomBytes(OCTETS));
    const [ourPort, theirPort] = [context.nextPort(), context.nextPort()];
    const server = startEndpoint('server', 'http3', context, folders, {
      LISTEN: `127.0.0.1:${ourPort}`,
    });
    await server.event('listening');
    const theirServer = new PeerProcess(
      GTLS_SERVER,
      ['--quiet', '-d', folders.www, '127.0.0.1', String(theirPort), ...keyPair(folders)],
      signal,
    );
    const ours: StartClient = (port, run) =>
      startEndpoint(
        'client',
        'http3',
        context,
        { ...folders, downloads: join(folder, `ours-${run}`) },
        {
          REQUESTS: `https://localhost:${port}/file`,
          REMOTES: `127.0.0.1:${port}`,
          LOCALS: '127.0.0.1',
        },
      );
    const flags = ['--no-quic-dump', '--no-http-dump', '--exit-on-all-streams-close'];
    const theirs: StartClient = (port) =>
      new PeerProcess(
        GTLS_CLIENT,
        [
          ...flags,
          `--download=${folders.downloads}`,
          '127.0.0.1',
          String(port),
          `https://localhost:${port}/file`,
        ],
        signal,
      );
    await mkdir(folders.downloads, { recursive: true });
    const times: { readonly ours: number[]; readonly theirs: number[] } = { ours: [], theirs: [] };
    try {
      for (let run = 0; run < RUNS; run++) {
        times.ours.push(await timed(ourPort, ours, run));
        times.theirs.push(await timed(theirPort, theirs, run));
      }
    } finally {
      server.kill();
      theirServer.kill();
    }
    const [our, their] = [mean(times.ours), mean(times.theirs)];
    const text = `${our.toFixed(2)} s, ngtcp2 ${their.toFixed(2)} s: ${(our / their).toFixed(2)} of its time`;
    expect(our <= LIMIT * their, text);
    return text;
  },
};

const keyPair = ({ certificates }: CaseFolders): string[] => [
  join(certificates, 'priv.key'),
  join(certificates, 'cert.pem'),
];

/** Seconds from the first datagram to the last. */
async function timed(serverPort: number, start: StartClient, run: number): Promise<number> {
  const lossPattern = { percent: LOSS_PERCENT, seed: run };
  const links = await LinkRun.open({ ...LOSSY, lossPattern }, serverPort);
  try {
    const client = start(links.relays[0]?.address.port ?? 0, run);
    expect((await client.exit()) === 0, 'a client failed', client.log);
    return links.seen.duration / 1000;
  } finally {
    links.close();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
