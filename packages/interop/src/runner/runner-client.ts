import { createWriteStream } from 'node:fs';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { type ConnectOptions, connect, QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { download } from '@mpquic/hq';
import { finishActions, takeActions } from './actions.ts';
import type { RunnerEnvironment } from './environment.ts';
import { H3Files } from './h3-files.ts';
import type { RunnerLogs } from './runner-logs.ts';
import type { EndpointPlan } from './test-cases.ts';

/** What one connection of the client came to, for whoever judges the case. */
export interface ConnectionResult {
  readonly resumed: boolean;
  readonly earlyData: boolean;
  readonly psk: boolean;
  readonly group: string;
  readonly cipher: string;
  readonly multipath: boolean;
  readonly keyUpdates: number;
  /** How often the connection moved to another address. */
  readonly moves: number;
  /** Octets that came over each path that was validated, by path ID. */
  readonly receivedByPath: Readonly<Record<number, number>>;
  readonly milliseconds: number;
}

/** Downloads all that the runner asks for, in the way of the test case. Rejects where anything is missing. */
export async function runRunnerClient(
  environment: RunnerEnvironment,
  plan: EndpointPlan,
  logs: RunnerLogs,
): Promise<ConnectionResult[]> {
  await mkdir(environment.downloadFolder, { recursive: true });
  const client = new RunnerClient(environment, plan, logs);
  try {
    return await client.run();
  } finally {
    client.close();
  }
}

class RunnerClient {
  readonly #environment: RunnerEnvironment;
  readonly #plan: EndpointPlan;
  readonly #logs: RunnerLogs;
  readonly #endpoint: QuicEndpoint;
  #ticket: Uint8Array | undefined;

  constructor(environment: RunnerEnvironment, plan: EndpointPlan, logs: RunnerLogs) {
    this.#environment = environment;
    this.#plan = plan;
    this.#logs = logs;
    this.#endpoint = new QuicEndpoint({ keyLog: logs.keyLog });
  }

  close(): void {
    this.#endpoint.destroy();
  }

  async run(): Promise<ConnectionResult[]> {
    const { requests } = this.#environment;
    switch (this.#plan.connections) {
      case 'one':
        return [await this.#connection(requests)];
      case 'one per request': {
        const results: ConnectionResult[] = [];
        for (const request of requests) results.push(await this.#connection([request]));
        return results;
      }
      case 'first alone, then resumed': {
        const first = await this.#connection(requests.slice(0, 1), true);
        if (this.#ticket === undefined) throw new Error('the server gave no session ticket');
        return [first, await this.#connection(requests.slice(1))];
      }
      case 'none expected':
        return this.#refused(requests);
      default:
        return this.#plan.connections satisfies never;
    }
  }

  /** Downloads over one connection, and checks its end. */
  async #connection(requests: readonly URL[], wantsTicket = false): Promise<ConnectionResult> {
    const started = performance.now();
    const session = await this.#connect(requests[0] as URL);
    let moves = 0;
    session.onpath = ({ type }) => {
      if (type === 'path_migrated') moves += 1;
    };
    const fetch = this.#fetcher(session);
    // Requests of a resumed session go out as early data, where the plan has it.
    const early =
      this.#plan.options.earlyData === true ? Promise.all(requests.map(fetch)) : undefined;
    early?.catch(() => undefined);
    const info = await session.opened;
    const actions = takeActions(session, this.#plan, this.#environment);
    await (early ?? Promise.all(requests.map(fetch)));
    if (wantsTicket) await this.#ticketArrives();
    await finishActions(actions);
    const result: ConnectionResult = {
      resumed: info.resumed,
      earlyData: info.earlyDataAccepted,
      psk: info.psk !== undefined,
      group: info.group,
      cipher: info.cipher,
      multipath: info.multipath,
      keyUpdates: Number(session.stats.keyUpdates),
      moves,
      receivedByPath: Object.fromEntries(
        session.paths.map(({ id, bytesReceived }) => [id, bytesReceived]),
      ),
      milliseconds: Math.round(performance.now() - started),
    };
    await session.close();
    return result;
  }

  async #connect(request: URL): Promise<QuicSession> {
    const { options, protocol, psk, connections } = this.#plan;
    const { remotes, locals } = this.#environment;
    const ticket = connections === 'first alone, then resumed' ? this.#ticket : undefined;
    const session = await connect(remotes[0] ?? hostAndPort(request), {
      ...options,
      ...(psk === undefined ? await this.#trust() : { psk }),
      ...(ticket === undefined ? {} : { sessionTicket: ticket }),
      alpn: protocol,
      servername: hostName(request),
      endpoint: this.#endpoint,
      local: locals[0],
      observer: this.#logs.observer,
      onsessionticket: (given) => {
        this.#ticket ??= given;
      },
    });
    session.closed.catch(() => undefined);
    return session;
  }

  /** By the runner's authority where it gives one; its certificates name other hosts than its URLs. */
  async #trust(): Promise<Pick<ConnectOptions, 'ca' | 'rejectUnauthorized'>> {
    const file = join(this.#environment.certificateFolder, 'ca.pem');
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    return isThere ? { ca: await readFile(file) } : { rejectUnauthorized: false };
  }

  /** How one file is fetched; to be made before the handshake ends. */
  #fetcher(session: QuicSession): (request: URL) => Promise<void> {
    const { protocol, actions } = this.#plan;
    if (actions.includes('echo by CONNECT-UDP')) return () => Promise.resolve();
    if (protocol === 'h3') {
      const files = H3Files.client(session);
      return async (request) => {
        await writeFile(this.#fileOf(request), await files.get(request));
      };
    }
    return (request) => this.#downloadOverHq(session, request);
  }

  async #downloadOverHq(session: QuicSession, request: URL): Promise<void> {
    const file = createWriteStream(this.#fileOf(request));
    const transfer = await download(session, request.pathname, {
      write: async (octets) => {
        if (file.write(octets.slice())) return;
        await new Promise<void>((resolve) => file.once('drain', () => resolve()));
      },
    });
    file.end();
    await finished(file);
    if (transfer.status !== 200) {
      throw new Error(`${request.pathname}: cut short after ${transfer.bytes} octets`);
    }
  }

  #fileOf(request: URL): string {
    return join(this.#environment.downloadFolder, basename(request.pathname));
  }

  async #ticketArrives(): Promise<void> {
    for (let i = 0; i < 100 && this.#ticket === undefined; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The server must refuse the PSK, as it refuses any that it does not know. */
  async #refused(requests: readonly URL[]): Promise<ConnectionResult[]> {
    const session = await this.#connect(requests[0] as URL);
    const outcome = await session.opened.then(
      () => undefined,
      () => session.closeReason,
    );
    if (outcome?.code !== DECRYPT_ERROR) {
      throw new Error('the unknown PSK was not refused with decrypt_error (0x0133)');
    }
    return [];
  }
}

/** CRYPTO_ERROR with the alert decrypt_error. RFC 9001 §4.8 */
const DECRYPT_ERROR = 0x0133;

const hostAndPort = ({ host, port }: URL): string => (port === '' ? `${host}:443` : host);
const hostName = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
