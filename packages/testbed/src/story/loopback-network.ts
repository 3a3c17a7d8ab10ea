import { createServer, type Server } from 'node:net';
import { CommandFailure } from '../cli/failure.ts';

/** Networks that runs on one machine can have at one time. */
const NETWORKS = 32;
/** Nobody else listens there: it only says that the network is taken. */
const CLAIM = { host: 2, port: 9_090 } as const;

/** The addresses 127.0.N.x of one run. No two runs on a machine have the same N at one time. */
export class LoopbackNetwork {
  readonly #number: number;
  readonly #claim: Server;

  private constructor(number: number, claim: Server) {
    this.#number = number;
    this.#claim = claim;
  }

  /** Takes the first network that is free. @throws {CommandFailure} where there is none */
  static async claim(): Promise<LoopbackNetwork> {
    for (let number = 0; number < NETWORKS; number++) {
      const claim = await listen(hostOf(number, CLAIM.host));
      if (claim !== undefined) return new LoopbackNetwork(number, claim);
    }
    throw CommandFailure.failed(
      `no free addresses in 127.0.0.0 to 127.0.${NETWORKS - 1}.255: end other runs, or add them to the loopback interface where it lacks them`,
    );
  }

  /** The address of one of its hosts. */
  host(last: number): string {
    return hostOf(this.#number, last);
  }

  release(): void {
    this.#claim.close();
  }
}

function hostOf(number: number, last: number): string {
  return `127.0.${number}.${last}`;
}

function listen(host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ host, port: CLAIM.port, exclusive: true }, () => resolve(server));
  });
}
