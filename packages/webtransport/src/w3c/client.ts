import { availableProtocols, readChosenProtocol, type SessionRequestOptions } from '@mpquic/http3';
import { connectWebTransport } from '../connect-webtransport.ts';
import type { WebTransportHost } from '../webtransport-host.ts';
import type { WebTransportSession } from '../webtransport-session.ts';
import type { ClientCallbacks } from './callbacks.ts';
import { WebTransportNativeSession } from './native-session.ts';
import { type ClientArguments, clientOptions } from './options.ts';

/** Milliseconds that a closed session has to say so before the connection goes. */
const CLOSING_TIME = 1000;

/** The client's connection, as @fails-components/webtransport drives it. */
export class Http3WebTransportClient {
  /** Set by that package. */
  jsobj: ClientCallbacks | undefined;
  readonly #args: ClientArguments;
  #host: WebTransportHost | undefined;
  #closed = false;

  constructor(args: ClientArguments) {
    this.#args = args;
  }

  /** By the socket: connects, and tells how it went. */
  async connect(): Promise<void> {
    try {
      const address = `${this.#args.host ?? 'localhost'}:${this.#args.port ?? 443}`;
      const host = await connectWebTransport(address, clientOptions(this.#args));
      this.#host = host;
      host.quic.closed.catch(() => undefined);
      if (this.#closed) host.quic.destroy();
      await host.quic.opened;
      this.#args.quic?.onsession?.(host.quic);
      this.#openPaths(host);
      this.jsobj?.onClientConnected({ success: true });
    } catch {
      this.jsobj?.onClientConnected({ success: false });
      return;
    }
    await this.#host.supported().then(
      () => this.jsobj?.onClientWebTransportSupport({}),
      // That package gives up by its own time limit.
      () => undefined,
    );
  }

  openWTSession(path: string): void {
    const { host = 'localhost', port = 443, protocols = [] } = this.#args;
    const fields = protocols.length === 0 ? [] : [availableProtocols(protocols)];
    void this.#open({ authority: `${host}:${port}`, path, fields });
  }

  closeClient(): void {
    this.#closed = true;
    const { quic, webTransport } = this.#host ?? {};
    if (quic === undefined || webTransport === undefined) return;
    if (webTransport.sessions === 0) quic.destroy();
    else setTimeout(() => quic.destroy(), CLOSING_TIME).unref();
  }

  async #open(request: SessionRequestOptions): Promise<void> {
    try {
      await this.#host?.openSession(request, (session, response) => {
        this.#opened(session, readChosenProtocol(response.fields));
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.jsobj?.onClientError({ errorcode: 0, error: reason });
      this.closeClient();
    }
  }

  #opened(session: WebTransportSession, protocol: string | undefined): void {
    const native = new WebTransportNativeSession(session);
    this.jsobj?.onHttpWTSessionVisitor({ session: native, reliable: false });
    native.jsobj?.onReady(protocol === undefined ? {} : { protocol });
  }

  #openPaths({ quic }: WebTransportHost): void {
    for (const path of this.#args.quic?.paths ?? []) quic.openPath(path).catch(() => undefined);
  }
}

/** That package makes one beside each client, and starts and stops the client with it. */
export class Http3WebTransportClientSocket {
  /** Set by that package. */
  cobj: Http3WebTransportClient | undefined;

  /** The client is set behind this call. */
  init(): void {
    process.nextTick(() => void this.cobj?.connect());
  }

  closeClient(): void {
    // That package puts this function in the place of the client's own.
    if (this.cobj !== undefined) Http3WebTransportClient.prototype.closeClient.call(this.cobj);
  }
}
