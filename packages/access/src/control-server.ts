import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listeningAddress, listenOn, SettingProblem } from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import { changeImpairment } from './impairment.ts';
import type { Relay } from './relay.ts';

const MAX_BODY = 16_384;

/**
 * The local HTTP interface of an access: `GET /` shows settings and counters, `PATCH /` changes them
 * (`{"uplink": {...}, "downlink": {...}, "both": {...}}`), `POST /rebind` moves every NAT binding.
 */
export class ControlServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(address: Address, relay: Relay): Promise<ControlServer> {
    const server = createServer({ requestTimeout: 5_000 }, (request, response) => {
      answer(relay, request, response).catch((error: unknown) => refuse(response, error));
    });
    server.maxConnections = 16;
    await listenOn(server, address);
    return new ControlServer(server);
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

async function answer(
  relay: Relay,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /':
      return reply(response, 200, state(relay));
    case 'PATCH /': {
      change(relay, JSON.parse(await readBody(request)));
      return reply(response, 200, state(relay));
    }
    case 'POST /rebind':
      await relay.rebind();
      return reply(response, 200, state(relay));
    default:
      return reply(response, 404, { error: 'GET /, PATCH / and POST /rebind are here' });
  }
}

function change(relay: Relay, body: unknown): void {
  if (typeof body !== 'object' || body === null) throw new SettingProblem('expected an object');
  const { uplink, downlink, both, ...rest } = body as Record<string, unknown>;
  const stranger = Object.keys(rest)[0];
  if (stranger !== undefined) {
    throw new SettingProblem(`no such key: ${stranger}; there are uplink, downlink and both`);
  }
  const up = changeImpairment(relay.uplink.impairment, { ...asObject(both), ...asObject(uplink) });
  const down = changeImpairment(relay.downlink.impairment, {
    ...asObject(both),
    ...asObject(downlink),
  });
  relay.uplink.impairment = up;
  relay.downlink.impairment = down;
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function state(relay: Relay): unknown {
  return {
    uplink: relay.uplink.impairment,
    downlink: relay.downlink.impairment,
    statistics: relay.statistics,
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MAX_BODY) throw new SettingProblem('the body is too large');
  }
  return body;
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value, null, 2)}\n`);
}

function refuse(response: ServerResponse, error: unknown): void {
  if (error instanceof SettingProblem || error instanceof SyntaxError) {
    const path = error instanceof SettingProblem ? error.path.replace(/^\./, '') : '';
    reply(response, 400, { error: path === '' ? error.message : `${path}: ${error.message}` });
  } else {
    response.destroy();
  }
}
