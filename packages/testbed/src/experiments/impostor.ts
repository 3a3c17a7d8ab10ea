import { QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { findSolution, importedPskContext } from '@mpquic/keys';
import { type ExternalPsk, InMemoryPskStore } from '@mpquic/tls';
import type { UePsk } from '@mpquic/ue-agent';
import type { Address } from '@mpquic/wire';

/** Someone who poses as a UPF towards a UE, with whatever PSK it came by. */
export class Impostor {
  readonly #endpoint: QuicEndpoint;
  #accepted = 0;

  private constructor(endpoint: QuicEndpoint) {
    this.#endpoint = endpoint;
  }

  /** @param serve what it does with a session; nothing when absent */
  static async listen(
    psk: ExternalPsk,
    serve: (session: QuicSession) => void = () => undefined,
  ): Promise<Impostor> {
    const endpoint = new QuicEndpoint({ addresses: [{ host: '127.0.0.1', port: 0 }] });
    const impostor = new Impostor(endpoint);
    await endpoint.listen((session) => impostor.#take(session, serve), {
      alpn: 'hq-interop',
      psk: new InMemoryPskStore([psk]),
      requirePsk: true,
    });
    return impostor;
  }

  get address(): Address {
    return this.#endpoint.addresses[0] as Address;
  }

  /** Handshakes that clients completed with it. */
  get accepted(): number {
    return this.#accepted;
  }

  async close(): Promise<void> {
    this.#endpoint.destroy();
    await this.#endpoint.closed;
  }

  #take(session: QuicSession, serve: (session: QuicSession) => void): void {
    session.closed.catch(() => undefined);
    session.opened.then(
      () => {
        this.#accepted += 1;
      },
      () => undefined,
    );
    serve(session);
  }
}

/** The PSK as a UPF of that identity has it. */
export function pskAtUpf(
  { solution, variant, key, kid, mode }: UePsk,
  { pduSessionId, upfId }: { readonly pduSessionId: number; readonly upfId: string },
): ExternalPsk {
  const psk = { identity: kid, key, hash: 'sha256', mode } as const;
  if (mode === 'raw') return psk;
  const provisioned = solution === 'Y';
  const context = importedPskContext({
    solutionCode: findSolution(solution).code,
    pduSessionId: provisioned ? 0 : pduSessionId,
    upfId: provisioned && variant !== 'per-ue-per-upf' ? '' : upfId,
  });
  return { ...psk, context };
}
