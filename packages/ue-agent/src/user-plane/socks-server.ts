import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { type Logger, listeningAddress, listenOn } from '@mpquic/service';
import { type Address, concatBytes, plainOctets } from '@mpquic/wire';
import { FlowTable, type OpenFlow } from './flow-table.ts';
import {
  greetingAnswer,
  parseGreeting,
  parseRequest,
  parseUdpRequest,
  replyTo,
  SocksReply,
  udpAnswer,
} from './socks-message.ts';

/** Octets of a client that says neither this nor that. */
const LONGEST_REQUEST = 600;
const MAXIMUM_ASSOCIATIONS = 256;
/** Octets: applications send in bursts. */
const BUFFER_SIZE = 2 << 20;

/**
 * A SOCKS5 server for applications on the UE: UDP ASSOCIATE, whose datagrams go by their ATSSS rule. CONNECT is
 * not offered: MPQUIC carries no TCP. RFC 1928
 */
export class SocksServer {
  readonly #server: Server;
  readonly #openFlow: OpenFlow;
  readonly #logger: Logger;
  readonly #associations = new Set<Association>();

  private constructor(openFlow: OpenFlow, logger: Logger) {
    this.#openFlow = openFlow;
    this.#logger = logger;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Rejects with the system's error where the port cannot be bound. */
  static async listen(address: Address, openFlow: OpenFlow, logger: Logger): Promise<SocksServer> {
    const server = new SocksServer(openFlow, logger);
    await listenOn(server.#server, address);
    return server;
  }

  get address(): Address {
    return listeningAddress(this.#server);
  }

  /** UDP associations that are open. */
  get size(): number {
    return this.#associations.size;
  }

  close(): Promise<void> {
    for (const association of [...this.#associations]) association.close();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(client: Socket): void {
    let held: Uint8Array = new Uint8Array();
    let greeted = false;
    client.on('error', () => client.destroy());
    client.on('data', (data: Buffer) => {
      held = concatBytes(held, plainOctets(data));
      for (;;) {
        const parsed = greeted ? parseRequest(held) : parseGreeting(held);
        if (parsed === undefined && held.length <= LONGEST_REQUEST) return;
        if (parsed === undefined || parsed === 'invalid') {
          client.destroy();
          return;
        }
        held = held.slice(parsed.length);
        if (greeted) {
          client.removeAllListeners('data');
          client.resume();
          void this.#serve(client, parsed.value);
          return;
        }
        greeted = true;
        client.write(greetingAnswer(parsed.value));
        if (parsed.value) continue;
        client.end();
        return;
      }
    });
  }

  async #serve(client: Socket, isAssociate: boolean): Promise<void> {
    if (!isAssociate || this.#associations.size >= MAXIMUM_ASSOCIATIONS) {
      const { commandNotSupported, generalFailure } = SocksReply;
      client.end(replyTo(isAssociate ? generalFailure : commandNotSupported));
      return;
    }
    const flows = new FlowTable({ openFlow: this.#openFlow, logger: this.#logger });
    const association = new Association(client, flows, () =>
      this.#associations.delete(association),
    );
    this.#associations.add(association);
    try {
      client.write(replyTo(SocksReply.succeeded, await association.bind()));
    } catch (error) {
      this.#logger.warn({ reason: String(error) }, 'no UDP port for a SOCKS client');
      client.end(replyTo(SocksReply.generalFailure));
      association.close();
    }
  }
}

/** One UDP association: it lives as long as the TCP connection that asked for it. RFC 1928 §7 */
class Association {
  readonly #client: Socket;
  readonly #flows: FlowTable;
  readonly #socket: UdpSocket;
  readonly #released: () => void;
  #over = false;
  /** Where the client sends from: the first datagram from its host tells. */
  #peer: Address | undefined;

  constructor(client: Socket, flows: FlowTable, released: () => void) {
    this.#client = client;
    this.#flows = flows;
    this.#released = released;
    this.#socket = createSocket(client.localFamily === 'IPv6' ? 'udp6' : 'udp4');
    client.on('close', () => this.close());
    this.#socket.on('error', () => this.close());
    this.#socket.on('message', (data, { address, port }) => {
      if (address !== client.remoteAddress) return;
      if (this.#peer !== undefined && this.#peer.port !== port) return;
      this.#peer ??= { host: address, port };
      this.#take(plainOctets(data), this.#peer);
    });
  }

  /** The port for the client's datagrams, on the address that it reached. */
  async bind(): Promise<Address> {
    const host = this.#client.localAddress ?? '127.0.0.1';
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind(0, host, () => {
        this.#socket.off('error', reject);
        resolve();
      });
    });
    this.#socket.setRecvBufferSize(BUFFER_SIZE);
    return { host, port: this.#socket.address().port };
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#flows.close();
    this.#socket.close();
    this.#client.destroy();
    this.#released();
  }

  #take(data: Uint8Array, peer: Address): void {
    const request = parseUdpRequest(data);
    if (request === undefined || request.target.port === 0) return;
    const { target, payload } = request;
    this.#flows.send(`${target.host} ${target.port}`, target, payload, (answer) => {
      if (!this.#over) this.#socket.send(udpAnswer(target, answer), peer.port, peer.host);
    });
  }
}
