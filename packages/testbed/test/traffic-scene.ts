import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import type { TestContext } from 'node:test';
import { type Impairment, impairmentSettings, Relay } from '@mpquic/access';
import { readSettings } from '@mpquic/service';
import type { Traffic, UeAgent } from '@mpquic/ue-agent';
import { type Address, formatAddress, plainOctets } from '@mpquic/wire';
import { type DataNetwork, startDataNetwork } from '../src/data-network/data-network.ts';
import { createAgent, type Flags, type Network, startNetwork } from './small-network.ts';

/** A network with a data network behind it, and a UE with forwards into it. */
export interface Scene {
  readonly network: Network;
  readonly data: DataNetwork;
  readonly agent: UeAgent;
  readonly traffic: Traffic;
  /** 3GPP access, non-3GPP access. */
  readonly relays: readonly Relay[];
}

const ANY: Address = { host: '127.0.0.1', port: 0 };

export interface SceneOptions {
  readonly steering?: string;
  readonly socks?: boolean;
  /** Whether the UPF refuses the data network. */
  readonly deny?: boolean;
  readonly core?: Flags;
  readonly upf?: Flags;
  readonly ue?: Flags;
  /** Ports on loopback that are targets too, each with a forward behind the first three. */
  readonly ports?: readonly number[];
  /** Puts a relay into each access, which can be cut. */
  readonly relays?: boolean;
}

/** Forwards: 0 echo, 1 DNS, 2 a port where nobody listens, then {@link SceneOptions.ports}. */
export async function startScene(
  context: TestContext,
  { steering = 'smallest-delay', socks = false, deny = false, ...more }: SceneOptions = {},
): Promise<Scene> {
  const { core = {}, upf = {}, ue = {}, ports = [] } = more;
  const data = await startDataNetwork({
    echoes: [ANY],
    dns: ANY,
    names: new Map([['echo.example', '127.0.0.1']]),
  });
  const { dns } = data;
  const echo = data.echoes[0] ?? assert.fail('no echo');
  const allowTargets = deny
    ? []
    : [echo.address.port, dns.address.port, ...ports].map((port) => `127.0.0.1:${port}`);
  const network = await startNetwork({ steeringMode: steering, ...core }, { allowTargets, ...upf });
  const relays = more.relays === true ? await openRelays(network) : [];
  const agent = createAgent(network, {
    story: 'traffic',
    forward: [
      `udp/0=127.0.0.1:${echo.address.port}`,
      `udp/0=127.0.0.1:${dns.address.port}`,
      'udp/0=127.0.0.1:9',
      ...ports.map((port) => `udp/0=127.0.0.1:${port}`),
    ],
    ...(socks ? { socks: '127.0.0.1:0' } : {}),
    ...viasOf(relays),
    ...ue,
  });
  context.after(async () => {
    await agent.stop();
    await network.lifecycle.stop();
    for (const relay of relays) relay.close();
    await data.close();
  });
  await agent.tell();
  assert.ok(agent.traffic);
  return { network, data, agent, traffic: agent.traffic, relays };
}

/** A relay for each access. */
function openRelays({ upf }: Pick<Network, 'upf'>): Promise<readonly Relay[]> {
  const clean = readSettings(impairmentSettings, {});
  return Promise.all(
    [upf.proxies.access3gpp, upf.proxies.accessNon3gpp].map((remote) =>
      Relay.open({ listen: ANY, remote, outside: '127.0.0.1', uplink: clean, downlink: clean }),
    ),
  );
}

function viasOf([first, second]: readonly Relay[]): Flags {
  if (first === undefined || second === undefined) return {};
  return { via3gpp: formatAddress(first.address), viaNon3gpp: formatAddress(second.address) };
}

/** Changes both directions of an access. */
export function impair(relay: Relay | undefined, changes: Partial<Impairment>): void {
  for (const link of [relay?.uplink, relay?.downlink]) {
    if (link !== undefined) link.impairment = { ...link.impairment, ...changes };
  }
}

/** An application's socket: sends to a port and collects what comes back. */
export class Application {
  readonly received: Uint8Array[] = [];
  readonly #socket: Socket = createSocket('udp4');
  readonly #port: number;
  #changed: (() => void) | undefined;

  constructor(context: TestContext, port: number) {
    this.#port = port;
    this.#socket.on('message', (payload) => {
      this.received.push(plainOctets(payload));
      this.#changed?.();
    });
    context.after(() => this.#socket.close());
  }

  send(payload: Uint8Array): void {
    this.#socket.send(payload, this.#port, '127.0.0.1');
  }

  /** Where it sends from. */
  get socket(): Socket {
    return this.#socket;
  }

  /** Sends five datagrams every few milliseconds until so many answers came: UDP may lose some. */
  async keepSending(payload: Uint8Array, count: number): Promise<void> {
    const timer = setInterval(() => {
      for (let i = 0; i < 5; i++) this.send(payload);
    }, 5);
    await this.until(count);
    clearInterval(timer);
  }

  /** Waits for so many answers. */
  async until(count: number): Promise<void> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

export function forwardPort(traffic: Traffic, index: number): number {
  return traffic.forwards[index]?.address.port ?? assert.fail('no forward');
}
