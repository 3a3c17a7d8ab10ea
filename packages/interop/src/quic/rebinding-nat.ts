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
  /** Bindings that end with the client's next datagram: one that only receives would never send it else. */
  readonly #leaving = new Map<string, Socket>();
  readonly #cut = new Set<string>();
  #delay = 0;
  #closed = false;

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

  /** The server sees what clients send from now on at other ports, and with that the old ones are dead. */
  rebind(): void {
    for (const [client, outside] of this.#outside) {
      this.#leaving.get(client)?.close();
      this.#leaving.set(client, outside);
    }
    this.#outside.clear();
  }

  /** What the server sends takes so many milliseconds longer. */
  slowDown(delay: number): void {
    this.#delay = delay;
  }

  /** From now on nothing gets from or to this address, and nobody is told. */
  cut(clientHost: string): void {
    this.#cut.add(clientHost);
  }

  close(): void {
    this.#closed = true;
    for (const outside of [...this.#outside.values(), ...this.#leaving.values()]) outside.close();
    this.#outside.clear();
    this.#leaving.clear();
    this.#inside.close();
  }

  #bind(clientHost: string, clientPort: number): Socket {
    const outside = createSocket('udp4');
    const deliver = (payload: Uint8Array): void => {
      if (this.#closed || this.#cut.has(clientHost)) return;
      this.#inside.send(payload, clientPort, clientHost);
    };
    outside.on('message', (payload) => {
      if (this.#delay === 0) deliver(payload);
      else setTimeout(deliver, this.#delay, payload);
    });
    const client = `${clientHost}:${clientPort}`;
    this.#leaving.get(client)?.close();
    this.#leaving.delete(client);
    this.#outside.set(client, outside);
    return outside;
  }
}
