import { createSocket, type Socket } from 'node:dgram';

const HOST = '127.0.0.1';

/**
 * A NAT between clients and a server: {@link rebind} gives every client another port, {@link cut} takes
 * the way of those at one address away.
 */
export class RebindingNat {
  readonly #inside: Socket = createSocket('udp4');
  readonly #serverPort: number;
  /** What stands for a client at the server, by the client's address. */
  readonly #outside = new Map<string, Socket>();
  readonly #cut = new Set<string>();

  constructor(serverPort: number) {
    this.#serverPort = serverPort;
  }

  /** Resolves with the port that clients are to use as the server's. */
  async open(): Promise<number> {
    this.#inside.on('message', (payload, { address, port }) => {
      if (this.#cut.has(address)) return;
      const outside = this.#outside.get(`${address}:${port}`) ?? this.#bind(address, port);
      outside.send(payload, this.#serverPort, HOST);
    });
    await new Promise<void>((resolve) => this.#inside.bind(0, HOST, resolve));
    return this.#inside.address().port;
  }

  /** From now on the server sees the clients at other ports, and the old ones are dead. */
  rebind(): void {
    for (const outside of this.#outside.values()) outside.close();
    this.#outside.clear();
  }

  /** From now on nothing gets from or to this address, and nobody is told. */
  cut(clientHost: string): void {
    this.#cut.add(clientHost);
  }

  close(): void {
    this.rebind();
    this.#inside.close();
  }

  #bind(clientHost: string, clientPort: number): Socket {
    const outside = createSocket('udp4');
    outside.on('message', (payload) => {
      if (!this.#cut.has(clientHost)) this.#inside.send(payload, clientPort, clientHost);
    });
    this.#outside.set(`${clientHost}:${clientPort}`, outside);
    return outside;
  }
}
