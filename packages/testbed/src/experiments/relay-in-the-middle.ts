import { QuicEndpoint, type QuicSession, type QuicStream } from '@mpquic/endpoint';
import { download, readRequest } from '@mpquic/hq';
import type { ExternalPsk } from '@mpquic/tls';
import type { Address } from '@mpquic/wire';
import { Impostor } from './impostor.ts';

/**
 * An active man in the middle who has the PSK: a UPF towards the UE, the UE towards the UPF, and all
 * requests and answers in clear in between.
 */
export class RelayInTheMiddle {
  readonly #endpoint = new QuicEndpoint();
  readonly #psk: ExternalPsk;
  readonly #upf: Address;
  /** Requests that it read. */
  readonly requests: string[] = [];
  #octets = 0;
  #impostor: Impostor | undefined;

  private constructor(psk: ExternalPsk, upf: Address) {
    this.#psk = psk;
    this.#upf = upf;
  }

  static async listen(psk: ExternalPsk, upf: Address): Promise<RelayInTheMiddle> {
    const relay = new RelayInTheMiddle(psk, upf);
    relay.#impostor = await Impostor.listen(psk, (session) => relay.#serve(session));
    return relay;
  }

  /** Where the UE is led to. */
  get address(): Address {
    if (this.#impostor === undefined) throw new Error('it does not listen');
    return this.#impostor.address;
  }

  /** Octets of answers that it read. */
  get octets(): number {
    return this.#octets;
  }

  async close(): Promise<void> {
    this.#endpoint.destroy();
    await this.#impostor?.close();
  }

  #serve(session: QuicSession): void {
    session.onstream = (stream) => {
      this.#forward(stream).catch((error: unknown) => {
        stream.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    };
  }

  async #forward(stream: QuicStream): Promise<void> {
    const path = await readRequest(stream);
    this.requests.push(path);
    const upf = await this.#endpoint.connect(this.#upf, {
      alpn: 'hq-interop',
      psk: this.#psk,
      local: '127.0.0.1',
    });
    await upf.opened;
    await download(upf, path, {
      write: async (octets) => {
        this.#octets += octets.length;
        await stream.writer.write(octets);
      },
    });
    await stream.writer.end();
    await upf.close();
  }
}
