import { createServer, type Server, type Socket } from 'node:net';
import { EnvelopeError, EnvelopeSplitter, writeEnvelope } from '@mpquic/nas';
import { type AccessName, type CaptureTap, listeningAddress, listenOn } from '@mpquic/service';
import { type Address, plainOctets } from '@mpquic/wire';
import { afterTravel } from '../latency.ts';
import type { NasTransport } from './nas-connection.ts';

/** Takes the NAS messages of one connection. */
export interface NasReceiver {
  receive(bytes: Uint8Array): void;
  closed(): void;
}

export interface N1ListenerOptions {
  readonly access: AccessName;
  readonly address: Address;
  readonly maxConnections: number;
  /** What a message takes each way, in milliseconds: a stand-in for the access. */
  readonly latencyMs?: number;
  readonly tap?: CaptureTap | undefined;
  readonly accept: (transport: NasTransport, access: AccessName) => NasReceiver;
}

/** Octets that wait for a UE which does not read, beyond which it loses its connection. */
const MAX_UNSENT = 262_144;

/**
 * N1 over one access stand-in: NAS messages over TCP behind a length of two octets. TS 24.502 §9.4
 */
export class N1Listener {
  readonly access: AccessName;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(access: AccessName, server: Server) {
    this.access = access;
    this.#server = server;
  }

  /** @throws {Error} of node:net where the address cannot be listened on */
  static async listen(options: N1ListenerOptions): Promise<N1Listener> {
    const server = createServer({ noDelay: true });
    const self = new N1Listener(options.access, server);
    server.maxConnections = options.maxConnections;
    server.on('connection', (socket) => self.#admit(socket, options));
    await listenOn(server, options.address);
    return self;
  }

  get address(): Address {
    return listeningAddress(this.#server);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroySoon();
      // A peer that does not close its half is not waited for.
      setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy();
      }, 200).unref();
    });
  }

  #admit(socket: Socket, options: N1ListenerOptions): void {
    const { accept, access, tap, latencyMs = 0 } = options;
    this.#sockets.add(socket);
    const local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    const remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const transport: NasTransport = {
      local,
      remote,
      send(bytes) {
        const payload = writeEnvelope(bytes);
        afterTravel(latencyMs, () => {
          if (socket.destroyed) return;
          tap?.({ interface: 'N1', transport: 'tcp', source: local, destination: remote, payload });
          socket.write(payload);
          if (socket.writableLength > MAX_UNSENT) socket.destroy();
        });
      },
      close: () => afterTravel(latencyMs, () => socket.destroySoon()),
    };
    const receiver = accept(transport, access);
    const splitter = new EnvelopeSplitter();
    socket.on('data', (buffer: Uint8Array) => {
      const chunk = plainOctets(buffer);
      tap?.({
        interface: 'N1',
        transport: 'tcp',
        source: remote,
        destination: local,
        payload: chunk,
      });
      try {
        for (const message of splitter.receive(chunk)) {
          afterTravel(latencyMs, () => receiver.receive(message));
        }
      } catch (error) {
        if (!(error instanceof EnvelopeError)) throw error;
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      receiver.closed();
    });
  }
}
