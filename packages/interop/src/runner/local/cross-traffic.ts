import { fileURLToPath } from 'node:url';
import { CaseUnsupported, expect, type InteropCase } from '../../matrix.ts';
import { PeerProcess } from '../../peer-process.ts';
import { compareFiles, prepareCase, startEndpoint } from './case-run.ts';
import { LINK_RATE, type LinkCase, RUNNER_LINK } from './link-cases.ts';
import { CLIENT_HOST, NamespaceLink, SERVER_HOST } from './namespace-link.ts';
import { type NetworkNamespace, namespacesUnavailable } from './network-namespace.ts';

const TCP_FLOW = fileURLToPath(new URL('../../../../bin/tcp-flow.mjs', import.meta.url));
const TCP_PORT = 5001;
const QUIC_PORT = 443;
const OCTETS = 25 * 1024 * 1024;
/** Share of the link that both flows together must reach. */
const GOODPUT = 0.93;
/** Share of what is carried that neither flow may fall below. */
const LEAST_SHARE = 0.2;
const LIMIT_MS = 180_000;

const CROSS_TRAFFIC: LinkCase = {
  name: 'crosstraffic',
  client: 'transfer',
  server: 'transfer',
  files: [OCTETS],
  check: () => undefined,
};

/** A download beside a TCP flow of the kernel without end, CUBIC too, through one queue of the runner's link. */
export const crossTraffic: InteropCase = {
  name: CROSS_TRAFFIC.name,
  role: 'both',
  timeout: LIMIT_MS,
  slow: true,
  run: async (context) => {
    const reason = namespacesUnavailable();
    if (reason !== undefined) throw new CaseUnsupported(reason);
    const folders = await prepareCase(CROSS_TRAFFIC, context.folder);
    const link = await NamespaceLink.open(RUNNER_LINK_OF_PACKETS, LIMIT_MS / 1000);
    const programs: PeerProcess[] = [];
    const tcpEnd = (where: NetworkNamespace, role: string): PeerProcess => {
      const args = [TCP_FLOW, role, SERVER_HOST, String(TCP_PORT)];
      const [command, ...rest] = where.enter(process.execPath, args);
      const program = new PeerProcess(command, rest, context.signal);
      programs.push(program);
      return program;
    };
    try {
      await tcpEnd(link.server, 'source').event('listening');
      await tcpEnd(link.client, 'sink').event('connected');
      const listen = { LISTEN: `${SERVER_HOST}:${QUIC_PORT}` };
      const server = startEndpoint('server', 'transfer', context, folders, listen, link.server);
      programs.push(server);
      await server.event('listening');
      const client = startEndpoint(
        'client',
        'transfer',
        context,
        folders,
        {
          REQUESTS: `https://localhost:${QUIC_PORT}/file-0`,
          LOCALS: CLIENT_HOST,
          REMOTES: `${SERVER_HOST}:${QUIC_PORT}`,
        },
        link.client,
      );
      programs.push(client);
      expect((await client.exit()) === 0, client.log.at(-1) ?? 'the client failed', client.log);
      await compareFiles(CROSS_TRAFFIC, folders);
      return judge(link);
    } finally {
      for (const program of programs) program.kill();
      link.close();
    }
  },
};

/** The runner's link for whole IP packets: PPP alone comes on top. */
const RUNNER_LINK_OF_PACKETS = { ...RUNNER_LINK, headerOctets: 2 };

function judge({ seen, tcpAcknowledged }: NamespaceLink): string {
  const capacity = (LINK_RATE / 8) * (seen.duration / 1000);
  const quic = OCTETS / capacity;
  const tcp = (tcpAcknowledged.last - (tcpAcknowledged.first ?? 0)) / capacity;
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const text = `${percent(quic + tcp)} of the link: QUIC ${percent(quic)}, TCP ${percent(tcp)}`;
  expect(quic + tcp >= GOODPUT, `${text}; below ${percent(GOODPUT)}`);
  expect(Math.min(quic, tcp) >= LEAST_SHARE * (quic + tcp), `${text}; one flow starves`);
  return text;
}
