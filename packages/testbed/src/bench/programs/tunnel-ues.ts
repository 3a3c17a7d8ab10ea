import { connect, QuicEndpoint } from '@mpquic/endpoint';
import { type Tunnel, udpPath } from '@mpquic/http3';
import { HTTP3_ALPN, Http3Session } from '@mpquic/masque';
import type { BenchProgram } from '../process/program.ts';
import { inParallel } from './in-parallel.ts';
import { LOOPBACK, sessionDefaults } from './session-setup.ts';
import { tunnelUePsk } from './tunnel-ue-psk.ts';

const IN_FLIGHT = 16;
const PAYLOAD_LENGTH = 200;
/** Milliseconds that an answer may take before the payload is sent once more, and how often. */
const ANSWER_MS = 1_000;
const TRIES = 5;

export interface TunnelUesSettings {
  readonly access3gpp: string;
  readonly accessNon3gpp: string;
  /** Of a target on loopback that sends everything back. */
  readonly port: number;
}

interface TunnelUe {
  readonly tunnel: Tunnel;
  answered: (() => void) | undefined;
}

/**
 * Many UEs, each with a connection over both accesses and one CONNECT-UDP flow. Command `open`: as many as it says in
 * all; command `exchange`: every UE sends a payload to the target and waits for it; gives the number of those that
 * got none.
 */
export async function startTunnelUes(settings: TunnelUesSettings): Promise<BenchProgram> {
  const endpoint = new QuicEndpoint();
  const ues: TunnelUe[] = [];
  let started = 0;
  let ended = 0;
  const open = async (index: number): Promise<void> => {
    const quic = await connect(settings.access3gpp, {
      ...sessionDefaults,
      alpn: HTTP3_ALPN,
      psk: tunnelUePsk(index),
      endpoint,
      local: LOOPBACK,
    });
    const http = Http3Session.client(quic);
    await quic.confirmed;
    await quic.openPath({ local: SECOND, remote: settings.accessNon3gpp });
    ues.push(await openFlow(http, settings.port, () => (ended += 1)));
  };
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: ues.length, figures: { ended } }),
    command: async (name, argument) => {
      if (name === 'exchange') return exchangeAll(ues);
      const wanted = Number(argument);
      await inParallel(
        IN_FLIGHT,
        () => started < wanted,
        () => open(started++),
      );
      return ues.length;
    },
  };
}

const SECOND = '127.0.0.2';

function openFlow(http: Http3Session, port: number, onEnd: () => void): Promise<TunnelUe> {
  return new Promise((resolve, reject) => {
    let ue: TunnelUe | undefined;
    http
      .openTunnel({
        protocol: 'connect-udp',
        authority: 'upf.bench.example',
        path: udpPath({ host: LOOPBACK, port }),
        mode: 'datagram-2',
        handler: {
          opened: (tunnel) => {
            ue = { tunnel, answered: undefined };
            resolve(ue);
          },
          receive: () => ue?.answered?.(),
          ended: ({ reason }) => {
            onEnd();
            reject(new Error(`a tunnel ended: ${reason}`));
          },
        },
      })
      .catch(reject);
  });
}

async function exchangeAll(ues: readonly TunnelUe[]): Promise<number> {
  let next = 0;
  let failed = 0;
  await inParallel(
    IN_FLIGHT,
    () => next < ues.length,
    async () => {
      const ue = ues[next++] as TunnelUe;
      if (!(await exchange(ue))) failed += 1;
    },
  );
  return failed;
}

async function exchange(ue: TunnelUe): Promise<boolean> {
  const payload = new Uint8Array(PAYLOAD_LENGTH).fill(1);
  for (let tries = 0; tries < TRIES; tries++) {
    const answered = new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, ANSWER_MS, false);
      ue.answered = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    ue.tunnel.send(payload);
    if (await answered) return true;
  }
  return false;
}
