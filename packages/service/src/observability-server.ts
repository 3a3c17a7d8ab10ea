import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Address } from '@mpquic/wire';
import type { Lifecycle } from './lifecycle.ts';
import type { Metrics } from './metrics.ts';
import { listeningAddress, listenOn } from './tcp-server.ts';

export interface ObservabilityOptions {
  readonly address: Address;
  readonly metrics: Metrics;
  /** Whether the role can serve: `/readyz` answers 200 or 503. */
  readonly ready: () => boolean;
  readonly version: { readonly name: string; readonly version: string };
}

/** Answers `/metrics`, `/healthz`, `/readyz` and `/version` over HTTP/1.1. */
export class ObservabilityServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws {Error} of node:net where the address cannot be listened on */
  static async listen(options: ObservabilityOptions): Promise<ObservabilityServer> {
    const server = createServer({ requestTimeout: 5_000 }, (request, response) => {
      answer(options, request, response).catch(() => response.destroy());
    });
    server.maxConnections = MAX_CONNECTIONS;
    await listenOn(server, options.address);
    return new ObservabilityServer(server);
  }

  get address(): Address {
    return listeningAddress(this.#server);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** Starts one where the settings have an address for it. @throws {ServiceFailure} */
export async function startObservability(
  lifecycle: Lifecycle,
  address: Address | undefined,
  options: Omit<ObservabilityOptions, 'address'>,
): Promise<void> {
  if (address === undefined) return;
  await lifecycle.start(
    'metrics',
    () => ObservabilityServer.listen({ address, ...options }),
    (server) => server.close(),
  );
}

const MAX_CONNECTIONS = 32;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(
  options: ObservabilityOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const known = request.method === 'GET' ? ANSWERS[request.url ?? ''] : undefined;
  const { status, type, body } = (await known?.(options)) ?? plain(404, 'not found');
  response.writeHead(status, { 'content-type': type }).end(body);
}

const ANSWERS: {
  readonly [path: string]: (options: ObservabilityOptions) => Answer | Promise<Answer>;
} = {
  '/metrics': async ({ metrics: { registry } }) => ({
    status: 200,
    type: registry.contentType,
    body: await registry.metrics(),
  }),
  '/healthz': () => plain(200, 'ok'),
  '/readyz': ({ ready }) => (ready() ? plain(200, 'ready') : plain(503, 'not ready')),
  '/version': ({ version }) => ({
    status: 200,
    type: 'application/json',
    body: JSON.stringify(version),
  }),
};

function plain(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}
