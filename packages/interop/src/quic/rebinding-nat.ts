import { createSocket, type Socket } from 'node:dgram';

const HOST = '127.0.0.1';

/** A NAT between clients and a server: {@link rebind} gives every client another port. */
export class RebindingNat {
  readonly #inside: Socket = createSocket('udp4');
  readonly #serverPort: number;
  /** What stands for a client at the server, by the client's port. */
  readonly #outside = new Map<number, Socket>();

  constructor(serverPort: number) {
    this.#serverPort = serverPort;
  }

  /** Resolves with the port that clients are to use as the server's. */
  async open(): Promise<number> {
    this.#inside.on('message', (payload, { port }) => {
      const outside = this.#outside.get(port) ?? this.#bind(port);
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

  close(): void {
    this.rebind();
    this.#inside.close();
  }

  #bind(clientPort: number): Socket {
    const outside = createSocket('udp4');
    outside.on('message', (payload) => this.#inside.send(payload, clientPort, HOST));
    this.#outside.set(clientPort, outside);
    return outside;
  }
}
