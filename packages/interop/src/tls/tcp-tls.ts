import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { ExternalPsk, Handshake, HandshakeSummary } from '@mpquic/tls';
import { TlsStream } from '@mpquic/tls/record-layer';
import { type Address, fromUtf8 } from '@mpquic/wire';
import { Changes } from '../changes.ts';
import { CaseFailure } from '../matrix.ts';
import type { TcpCapture } from './tcp-capture.ts';

const HOST = '127.0.0.1';

/** Our TLS machine over a TCP connection. */
export class TcpTls {
  readonly stream: TlsStream;
  readonly #socket: Socket;
  readonly #changes = new Changes();
  #over = false;

  constructor(
    socket: Socket,
    handshake: Handshake,
    capture: TcpCapture,
    psks: readonly ExternalPsk[] = [],
  ) {
    this.#socket = socket;
    const { local, remote } = endsOf(socket);
    this.stream = new TlsStream(handshake, psks, (bytes) => {
      capture.take(local, remote, bytes);
      socket.write(bytes);
    });
    capture.watch(this.stream.keyLog);
    socket.on('data', (bytes) => {
      capture.take(remote, local, bytes);
      try {
        this.stream.receive(bytes);
      } catch (error) {
        socket.destroy(error as Error);
      }
      this.#changes.announce();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#over = true;
      this.#changes.announce();
    });
    if (handshake.role === 'client') this.stream.start();
  }

  /** The handshake's result. @throws {CaseFailure} */
  async opened(): Promise<HandshakeSummary> {
    await this.#until(() => this.stream.summary !== undefined, 'the handshake is complete');
    return this.stream.summary as HandshakeSummary;
  }

  /** The alert that ended the handshake: the peer's or ours. @throws {CaseFailure} where it ended otherwise */
  async refused(): Promise<number> {
    const alert = (): number | undefined => this.stream.alert ?? this.stream.failure?.alert;
    await this.#until(() => alert() !== undefined, 'an alert ends the handshake');
    if (this.stream.summary !== undefined) throw new CaseFailure('the handshake was completed');
    return alert() as number;
  }

  /** Waits for `text` of the peer. @throws {CaseFailure} */
  async received(text: string): Promise<void> {
    await this.#until(() => fromUtf8(this.stream.received).includes(text), `'${text}' came`);
  }

  /** Waits for session tickets. @throws {CaseFailure} */
  async ticketed(): Promise<void> {
    await this.#until(() => this.stream.tickets.length > 0, 'a ticket came');
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    while (!holds()) {
      if (this.#over) throw new CaseFailure(`never: ${what}${this.#reason()}`);
      await this.#changes.next();
    }
  }

  #reason(): string {
    const { alert, failure } = this.stream;
    if (alert !== undefined) return ` (the peer's alert ${alert})`;
    return failure === undefined ? '' : ` (our alert ${failure.alert}: ${failure.message})`;
  }
}

function endsOf(socket: Socket): { readonly local: Address; readonly remote: Address } {
  const { localPort = 0, remotePort = 0 } = socket;
  return { local: { host: HOST, port: localPort }, remote: { host: HOST, port: remotePort } };
}

/** A TCP connection to a server that may still be starting. */
export async function connectTcp(port: number, signal: AbortSignal): Promise<Socket> {
  for (;;) {
    signal.throwIfAborted();
    const socket = createConnection({ host: HOST, port });
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    if (connected) return socket;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A TCP server; its port and each connection in turn. */
export class TcpListener {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  readonly #waiting: ((socket: Socket) => void)[] = [];

  constructor() {
    this.#server = createServer((socket) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#sockets.push(socket);
      else waiting(socket);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, HOST, resolve));
    return (this.#server.address() as { port: number }).port;
  }

  accept(): Promise<Socket> {
    const socket = this.#sockets.shift();
    if (socket !== undefined) return Promise.resolve(socket);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#server.close();
  }
}
