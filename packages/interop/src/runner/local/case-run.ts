import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatAddress } from '@mpquic/wire';
import { createCertificate } from '../../certificate-files.ts';
import { type CaseContext, expect, type InteropCase } from '../../matrix.ts';
import { PeerProcess } from '../../peer-process.ts';
import type { ConnectionResult } from '../runner-client.ts';
import type { LinkCase } from './link-cases.ts';
import { LinkRun } from './link-run.ts';
import type { NetworkNamespace } from './network-namespace.ts';

const ENDPOINT = fileURLToPath(new URL('../../../../bin/runner-endpoint.mjs', import.meta.url));
const DEFAULT_TIMEOUT_MS = 60_000;

/** Where a case keeps its files. */
export interface CaseFolders {
  readonly www: string;
  readonly certificates: string;
  readonly downloads: string;
}

/** Runs one case: both ends are processes of their own, and everything crosses the links of the case. */
async function runCase(one: LinkCase, context: CaseContext): Promise<string | undefined> {
  const folders = await prepareCase(one, context.folder);
  const port = context.nextPort();
  const listen = one.ipv6 === true ? `[::1]:${port}` : `127.0.0.1:${port}`;
  const server = startEndpoint('server', one.server, context, folders, {
    LISTEN: listen,
    PREFERRED: `127.0.0.1:${context.nextPort()}`,
  });
  await server.event('listening');
  const links = await LinkRun.open(one, port);
  try {
    const [first] = links.relays;
    const remotes =
      one.pastLink === true ? [listen] : links.relays.map(({ address }) => formatAddress(address));
    const origin = `https://localhost:${one.pastLink === true ? port : first?.address.port}/`;
    const urls = fileNames(one).map((name) => origin + name);
    const runs = Array.from({ length: one.clients ?? 1 }, async (_, i) => {
      const own = { ...folders, downloads: `${folders.downloads}-${i}` };
      const client = startEndpoint('client', one.client, context, own, {
        REQUESTS: urls.length > 0 ? urls.join(' ') : origin,
        LOCALS: links.relays.map((_relay, path) => localHost(one, path)).join(' '),
        REMOTES: remotes.join(' '),
      });
      const status = await client.exit();
      expect(status === 0, client.log.at(-1) ?? `the client ended with ${status}`, client.log);
      await compareFiles(one, own);
      return connectionsOf(client);
    });
    const connections = (await Promise.all(runs)).flat();
    const octets = runs.length * one.files.reduce((sum, length) => sum + length, 0);
    return one.check({
      connections,
      clientQlog: await qlogOf(context.folder, 'client'),
      seen: links.seen,
      seconds: links.seen.duration / 1000,
      octets,
    });
  } finally {
    links.close();
    server.kill();
  }
}

/** All qlog files of one end. */
async function qlogOf(folder: string, role: string): Promise<string> {
  const qlogFolder = join(folder, 'qlog', role);
  const names = await readdir(qlogFolder).catch(() => []);
  const texts = names.map((name) => readFile(join(qlogFolder, name), 'utf8'));
  return (await Promise.all(texts)).join('');
}

/** Makes the folders, a certificate and the files of a case. */
export async function prepareCase(one: LinkCase, folder: string): Promise<CaseFolders> {
  const folders: CaseFolders = {
    www: join(folder, 'www'),
    certificates: join(folder, 'certs'),
    downloads: join(folder, 'downloads'),
  };
  for (const name of Object.values(folders)) await mkdir(name, { recursive: true });
  const { caFile, certFile, keyFile } = await createCertificate(folder, one.chainLength);
  for (const [from, to] of [
    [caFile, 'ca.pem'],
    [certFile, 'cert.pem'],
    [keyFile, 'priv.key'],
  ] as const) {
    await copyFile(from, join(folders.certificates, to));
  }
  const names = fileNames(one);
  for (const [i, length] of one.files.entries()) {
    await writeFile(join(folders.www, names[i] as string), randomBytes(length));
  }
  return folders;
}

const fileNames = ({ files, nameLength = 0 }: LinkCase): string[] =>
  files.map((_, i) => `file-${i}`.padEnd(nameLength, 'x'));
const localHost = ({ ipv6 }: LinkCase, path: number): string =>
  ipv6 === true ? '::1' : `127.0.0.${path + 1}`;

/** One end of a case in a process of its own, in a network namespace where one is given. */
export function startEndpoint(
  role: 'client' | 'server',
  testCase: string,
  { folder, signal }: CaseContext,
  folders: CaseFolders,
  more: Readonly<Record<string, string>>,
  within?: NetworkNamespace,
): PeerProcess {
  const args = ['--enable-source-maps', ENDPOINT];
  const [command, ...rest] = within?.enter(process.execPath, args) ?? [process.execPath, ...args];
  return new PeerProcess(command, rest, signal, {
    ROLE: role,
    TESTCASE: testCase,
    WWW: folders.www,
    CERTS: folders.certificates,
    DOWNLOADS: folders.downloads,
    SSLKEYLOGFILE: join(folder, 'keys.log'),
    QLOGDIR: join(folder, 'qlog', role),
    ...more,
  });
}

export async function compareFiles(one: LinkCase, { www, downloads }: CaseFolders): Promise<void> {
  for (const name of fileNames(one)) {
    const sent = await readFile(join(www, name));
    const received = await readFile(join(downloads, name)).catch(() => Buffer.alloc(0));
    expect(
      sent.equals(received),
      `${name} is not as it was: ${received.length} of ${sent.length} octets`,
    );
  }
}

function connectionsOf(client: PeerProcess): readonly ConnectionResult[] {
  const result = client.events.find(({ event }) => event === 'downloaded');
  expect(result !== undefined, 'the client printed no result', client.log);
  return result['connections'] as ConnectionResult[];
}

/** A case of the runner as one of the matrix. */
export function interopCase(one: LinkCase): InteropCase {
  return {
    name: one.name,
    role: 'both',
    timeout: one.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    slow: one.slow ?? false,
    run: (context) => runCase(one, context),
  };
}
