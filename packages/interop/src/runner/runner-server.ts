import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  listen,
  type PreferredAddressOptions,
  type QuicEndpoint,
  type QuicSession,
} from '@mpquic/endpoint';
import { FileRoot, serveRequest } from '@mpquic/hq';
import { parseTargetRule, TargetPolicy } from '@mpquic/http3';
import { HTTP3_ALPN, Http3Session, UdpProxy } from '@mpquic/masque';
import { InMemoryPskStore } from '@mpquic/tls';
import type { RunnerEnvironment } from './environment.ts';
import { H3Files } from './h3-files.ts';
import type { RunnerLogs } from './runner-logs.ts';
import type { EndpointPlan } from './test-cases.ts';

/** Starts the server of a test case; its files are those of the runner's www folder. */
export async function startRunnerServer(
  environment: RunnerEnvironment,
  plan: EndpointPlan,
  logs: RunnerLogs,
): Promise<QuicEndpoint> {
  const root = await FileRoot.open(environment.wwwFolder);
  const serve = serviceOf(plan, root);
  return listen(
    (session) => {
      session.opened.catch(() => undefined);
      session.closed.catch(() => undefined);
      serve(session);
    },
    {
      ...plan.options,
      alpn: plan.protocol,
      observer: logs.observer,
      preferredAddress: plan.movesClients ? preferredOf(environment) : undefined,
      ...(await authentication(environment, plan)),
      endpoint: {
        addresses: environment.listen,
        validateAddress: plan.retry,
        keyLog: logs.keyLog,
      },
    },
  );
}

/** Another port of this host, where the environment names none. */
function preferredOf({ preferred }: RunnerEnvironment): PreferredAddressOptions {
  if (preferred !== undefined) return { ipv4: preferred };
  const addresses = Object.values(networkInterfaces()).flat();
  const own = addresses.find((entry) => entry?.family === 'IPv4' && !entry.internal);
  return { ipv4: `${own?.address ?? '127.0.0.1'}:${PREFERRED_PORT}` };
}

const PREFERRED_PORT = 4443;

async function authentication(
  { certificateFolder }: RunnerEnvironment,
  { psk }: EndpointPlan,
): Promise<{ psk: InMemoryPskStore; requirePsk: true } | { certs: Buffer; keys: Buffer }> {
  if (psk !== undefined) return { psk: new InMemoryPskStore([psk]), requirePsk: true };
  const file = (name: string): Promise<Buffer> => readFile(join(certificateFolder, name));
  return { certs: await file('cert.pem'), keys: await file('priv.key') };
}

/** What answers the streams of a session. */
function serviceOf(plan: EndpointPlan, root: FileRoot): (session: QuicSession) => void {
  if (plan.protocol === 'hq-interop') {
    return (session) => {
      session.onstream = (stream) => serveRequest(stream, root);
    };
  }
  if (!plan.actions.includes('echo by CONNECT-UDP')) {
    return (session) => void H3Files.server(session, (path) => contentOf(root, path));
  }
  // The echo server of this case is on loopback.
  const policy = new TargetPolicy({ allowed: [parseTargetRule('127.0.0.0/8')] });
  return (session) => {
    const proxy = new UdpProxy({ policy });
    session.closed.catch(() => undefined).finally(() => proxy.close());
    session.onhandshake = ({ protocol }) => {
      if (protocol !== HTTP3_ALPN) return;
      Http3Session.server(session, {
        proxyName: 'interop',
        proxy: {
          tunnelRequested: (request) => {
            if (request.destination.protocol === 'connect-udp') {
              return proxy.open(request, request.destination.target);
            }
            request.refuse({ error: 'destination_ip_unroutable', status: 501 });
            return { receive: () => undefined, ended: () => undefined };
          },
        },
      });
    };
  };
}

async function contentOf(root: FileRoot, path: string): Promise<Uint8Array | undefined> {
  const content = await root.read(path);
  if (content === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
