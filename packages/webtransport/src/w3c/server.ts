import type { QuicEndpoint, QuicSession } from '@mpquic/endpoint';
import { chosenProtocol, type RequestHead, readAvailableProtocols } from '@mpquic/http3';
import { listenWebTransport } from '../connect-webtransport.ts';
import type { SessionRequest } from '../session-request.ts';
import type { RequestFields, ServerCallbacks } from './callbacks.ts';
import { WebTransportNativeSession } from './native-session.ts';
import { type ServerArguments, serverOptions } from './options.ts';

/** What a request handler of the application decided. */
export interface SessionDecision {
  readonly session: SessionRequest;
  readonly status: number;
  readonly path?: string;
  readonly header: RequestFields;
  readonly userData?: object;
  readonly selectedProtocol?: string;
}

/** The server, as @fails-components/webtransport drives it. */
export class Http3WebTransportServer {
  /** Set by that package. */
  jsobj: ServerCallbacks | undefined;
  readonly #args: ServerArguments;
  readonly #paths = new Set<string>();
  #hasRequestHandler = false;
  #endpoint: QuicEndpoint | undefined;
  #stopped = false;

  constructor(args: ServerArguments) {
    this.#args = args;
  }

  /** By the socket: listens, and tells how it went. */
  async listen(): Promise<void> {
    try {
      const endpoint = await listenWebTransport(
        (request) => this.#requested(request),
        serverOptions(this.#args),
        ({ quic }) => this.#args.quic?.onsession?.(quic),
      );
      this.#endpoint = endpoint;
      if (this.#stopped) this.destroy();
      const [first] = endpoint.addresses;
      this.jsobj?.onServerListening({ port: first?.port ?? 0, host: first?.host ?? '' });
    } catch (error) {
      this.jsobj?.onServerError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Sessions for this path are accepted. */
  addPath(path: string): void {
    this.#paths.add(path);
  }

  /** Whether the application decides about each request. */
  setJSRequestHandler(hasHandler: boolean): void {
    this.#hasRequestHandler = hasHandler;
  }

  finishSessionRequest(decision: SessionDecision): void {
    const { session: request, status, header, userData = {}, selectedProtocol } = decision;
    if (status < 200 || status > 299) {
      request.refuse({ status, fields: [] });
      return;
    }
    const path = decision.path ?? request.head.path ?? '';
    this.#accept(request, { path, header, userData, selectedProtocol });
  }

  destroy(): void {
    this.#stopped = true;
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    endpoint.destroy();
    const closed = (): void => this.jsobj?.onServerClose({});
    endpoint.closed.then(closed, closed);
  }

  #requested(request: SessionRequest): void {
    const { head, quic } = request;
    const path = head.path ?? '';
    const header = fieldsOf(head);
    if (!this.#allows(head)) {
      request.refuse({ status: 403, fields: [] });
    } else if (this.#hasRequestHandler) {
      const peerAddress = peerOf(quic);
      this.jsobj?.onSessionRequest({ header, peerAddress, session: request, protocol: 'http3' });
    } else if (this.#paths.has(path)) {
      this.#accept(request, { path, header, userData: {}, selectedProtocol: undefined });
    } else {
      request.refuse({ status: 404, fields: [] });
    }
  }

  #allows({ fields }: RequestHead): boolean {
    const { origins } = this.#args.quic ?? {};
    const named = fields.filter(({ name }) => name === 'origin');
    return named.every(({ value }) => origins?.includes(value) ?? true);
  }

  #accept(request: SessionRequest, { path, header, userData, selectedProtocol }: Acceptance): void {
    const fields = selectedProtocol === undefined ? [] : [chosenProtocol(selectedProtocol)];
    const session = request.accept(fields);
    if (session === undefined) return;
    const native = new WebTransportNativeSession(session);
    const peerAddress = peerOf(request.quic);
    const told = { session: native, path, header, peerAddress, userData, reliable: false };
    this.jsobj?.onHttpWTSessionVisitor(told);
    native.jsobj?.onReady(selectedProtocol === undefined ? {} : { protocol: selectedProtocol });
  }
}

interface Acceptance {
  readonly path: string;
  readonly header: RequestFields;
  readonly userData: object;
  readonly selectedProtocol: string | undefined;
}

/** That package makes one beside each server, and starts and stops the server with it. */
export class Http3WebTransportServerSocket {
  /** Set by that package. */
  cobj: Http3WebTransportServer | undefined;

  /** The server is set behind this call. */
  init(): void {
    process.nextTick(() => void this.cobj?.listen());
  }

  stopServer(): void {
    this.cobj?.destroy();
  }
}

function fieldsOf(head: RequestHead): RequestFields {
  const fields: Record<string, string | readonly string[]> = {
    ':method': head.method,
    ':scheme': head.scheme ?? '',
    ':authority': head.authority ?? '',
    ':path': head.path ?? '',
    ':protocol': head.protocol ?? '',
  };
  for (const { name, value } of head.fields) {
    const before = fields[name];
    fields[name] = typeof before === 'string' ? `${before}, ${value}` : value;
  }
  const protocols = readAvailableProtocols(head.fields);
  if (protocols.length > 0) fields['wt-available-protocols'] = protocols;
  return fields;
}

function peerOf(quic: QuicSession): string {
  const remote = quic.paths[0]?.remote;
  if (remote === undefined) return '';
  return remote.host.includes(':')
    ? `[${remote.host}]:${remote.port}`
    : `${remote.host}:${remote.port}`;
}
