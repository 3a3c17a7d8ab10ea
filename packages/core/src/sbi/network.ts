import { type CaptureTap, type EventSink, type Lifeline, noEvents } from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import { travel } from '../latency.ts';
import { encodeContent } from './content.ts';
import { SbiHttp2Client } from './http2-client.ts';
import { SbiHttp2Server } from './http2-server.ts';
import type { SbiContent, SbiRequest, SbiResponse } from './message.ts';
import { SbiProblem } from './problem.ts';
import { type Route, Router } from './router.ts';

/** The network functions of this core. */
export const NF_NAMES = ['udm', 'ausf', 'amf', 'smf'] as const;
export type NfName = (typeof NF_NAMES)[number];

/** How a network function calls another. */
export interface SbiConsumer {
  /**
   * The answer, where its status is 2xx.
   * @throws {SbiProblem} with the peer's status and cause otherwise
   */
  call(to: NfName, request: SbiRequest): Promise<SbiResponse>;
}

export interface SbiNetworkOptions {
  /** Where each network function listens; the ones that run elsewhere are called there. */
  readonly addresses: Readonly<Record<NfName, Address>>;
  /** `http2`: every call over a socket. `local`: calls within the process go straight to the handler. */
  readonly transport: 'http2' | 'local';
  /** Whether network functions of other processes may call: yes unless told. */
  readonly listens?: boolean;
  readonly events: EventSink;
  /** What a message takes each way, in milliseconds: a stand-in for the network in between. */
  readonly latencyMs?: number;
  /** Sees the octets of every call that goes over a socket. */
  readonly tap?: CaptureTap | undefined;
}

/** The service-based interface of one process: its producers, and the way to all others. */
export class SbiNetwork {
  readonly #options: SbiNetworkOptions;
  readonly #routers = new Map<NfName, Router>();
  readonly #servers = new Map<NfName, SbiHttp2Server>();
  readonly #clients = new Map<NfName, SbiHttp2Client>();

  constructor(options: SbiNetworkOptions) {
    this.#options = options;
  }

  /** Opens the producer side of a network function. @throws {Error} of node:net */
  async serve(nf: NfName, routes: readonly Route[]): Promise<void> {
    const router = new Router(routes);
    this.#routers.set(nf, router);
    if (this.#options.listens === false) return;
    const server = await SbiHttp2Server.listen(this.#options.addresses[nf], (request) =>
      router.handle(request),
    );
    this.#servers.set(nf, server);
  }

  /** Where a network function is reached, or would be if it listened. */
  addressOf(nf: NfName): Address {
    return this.#servers.get(nf)?.address ?? this.#options.addresses[nf];
  }

  /** The consumer side of `from`. */
  consumer(from: NfName): SbiConsumer {
    return { call: (to, request) => this.#call(from, to, request) };
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  async #call(from: NfName, to: NfName, request: SbiRequest): Promise<SbiResponse> {
    const { latencyMs = 0, events } = this.#options;
    const isRecorded = events !== noEvents;
    if (isRecorded) this.#record(from, to, to, request, 'request', request);
    if (latencyMs > 0) await travel(latencyMs);
    const response = await this.#exchange(to, request);
    if (latencyMs > 0) await travel(latencyMs);
    if (isRecorded) this.#record(to, from, to, request, `response ${response.status}`, response);
    if (response.status >= 300) throw problemFrom(to, response);
    return response;
  }

  #exchange(to: NfName, request: SbiRequest): Promise<SbiResponse> {
    const router = this.#routers.get(to);
    if (this.#options.transport === 'local' && router !== undefined) return router.handle(request);
    let client = this.#clients.get(to);
    if (client === undefined) {
      client = new SbiHttp2Client(this.addressOf(to), this.#options.tap);
      this.#clients.set(to, client);
    }
    return client.request(request);
  }

  /** Records a request or its response under the name of the operation. */
  #record(
    from: Lifeline,
    to: Lifeline,
    producer: NfName,
    { method, path }: SbiRequest,
    what: string,
    content: SbiContent,
  ): void {
    const { events } = this.#options;
    const found = this.#routers.get(producer)?.find(method, path)?.route;
    const name = `${found?.operation ?? `${method} ${path}`} ${what}`;
    const secret = found === undefined || found.secret === true;
    const payload = encodeContent(content)?.bytes ?? new Uint8Array();
    const length = payload.length;
    events.record({
      type: 'message',
      interface: 'SBI',
      from,
      to,
      name,
      length,
      payload,
      secret,
    });
  }
}

function problemFrom(to: NfName, response: SbiResponse): SbiProblem {
  const { cause, detail } = (response.body ?? {}) as Record<string, unknown>;
  const text = typeof detail === 'string' ? detail : `${to} answered ${response.status}`;
  const problem = typeof cause === 'string' ? cause : 'SYSTEM_FAILURE';
  return new SbiProblem(response.status, problem, text, response);
}
