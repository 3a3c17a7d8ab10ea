import { createSocket } from 'node:dgram';
import type { QuicSession } from '@mpquic/endpoint';
import { type TunnelEnd, type TunnelHandler, udpPath } from '@mpquic/http3';
import { Http3Session } from '@mpquic/masque';
import type { RunnerEnvironment } from './environment.ts';
import type { Action, EndpointPlan } from './test-cases.ts';

/** What goes on beside the downloads of a connection. */
export type RunningActions = Promise<unknown>;

type TakeAction = (session: QuicSession, environment: RunnerEnvironment) => Promise<void>;

const ACTIONS: Readonly<Record<Action, TakeAction>> = {
  'update keys': updateKeys,
  'open paths': openPaths,
  'abandon a path': abandonPath,
  'keep a path for backup': keepForBackup,
  'open a path late': async (session, environment) => {
    await delay(1_000);
    await openPaths(session, environment);
  },
  'echo by CONNECT-UDP': echoByConnectUdp,
};

/** Starts what the plan asks for; one action begins when the one before is done. */
export function takeActions(
  session: QuicSession,
  plan: EndpointPlan,
  environment: RunnerEnvironment,
): RunningActions {
  const run = async (): Promise<void> => {
    for (const action of plan.actions) await ACTIONS[action](session, environment);
  };
  const running = run();
  running.catch(() => undefined);
  return running;
}

/** Rejects where an action failed. */
export async function finishActions(running: RunningActions): Promise<void> {
  await running;
}

const delay = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

async function updateKeys(session: QuicSession): Promise<void> {
  await session.confirmed;
  await delay(100);
  session.updateKey();
}

async function openPaths(session: QuicSession, environment: RunnerEnvironment): Promise<void> {
  await session.confirmed;
  if (session.multipath !== true) throw new Error('the server does not speak multipath');
  const { locals, remotes } = environment;
  if (locals.length < 2) throw new Error('LOCALS must name two addresses');
  for (const [index, local] of locals.entries()) {
    if (index === 0) continue;
    const signal = AbortSignal.timeout(10_000);
    await session.openPath({ local, remote: remotes[index], signal });
  }
}

/** Path 0, in the middle of the transfer. MP-21 §3.4 */
async function abandonPath(session: QuicSession): Promise<void> {
  await delay(1_000);
  session.closePath(0);
}

/** The last path, for the first second. MP-21 §3.3 */
async function keepForBackup(session: QuicSession): Promise<void> {
  const last = session.paths.at(-1);
  if (last === undefined) return;
  session.setPathStatus(last.id, 'backup');
  await delay(1_000);
}

const ECHOES = 100;

/** Datagrams to a UDP echo server behind the proxy, one after the other. RFC 9298 */
async function echoByConnectUdp(session: QuicSession): Promise<void> {
  const echo = createSocket('udp4');
  echo.on('message', (payload, { port, address }) => echo.send(payload, port, address));
  await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
  try {
    const http = Http3Session.client(session);
    const echoes = new Echoes();
    const tunnel = await http.openTunnel({
      protocol: 'connect-udp',
      authority: 'interop',
      path: udpPath({ host: '127.0.0.1', port: echo.address().port }),
      mode: 'datagram-2',
      handler: echoes,
    });
    for (let i = 1; i <= ECHOES; i++) {
      tunnel.send(new Uint8Array(1_000).fill(i));
      await echoes.arrived(i);
    }
    tunnel.close();
  } finally {
    echo.close();
  }
}

/** Counts what comes back. */
class Echoes implements TunnelHandler {
  #count = 0;
  #end: TunnelEnd | undefined;
  #wake: (() => void) | undefined;

  opened(): void {
    this.#wake?.();
  }

  receive(): void {
    this.#count += 1;
    this.#wake?.();
  }

  ended(end: TunnelEnd): void {
    this.#end = end;
    this.#wake?.();
  }

  async arrived(count: number): Promise<void> {
    const end = performance.now() + 10_000;
    while (this.#count < count) {
      if (this.#end !== undefined)
        throw new Error(`the tunnel ended: ${JSON.stringify(this.#end)}`);
      if (performance.now() > end)
        throw new Error(`${this.#count} of ${count} datagrams came back`);
      await Promise.race([
        delay(1_000),
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      ]);
    }
  }
}
