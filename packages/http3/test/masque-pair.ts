import { utf8 } from '@mpquic/wire';
import type { Http3Options } from '../src/http3-options.ts';
import { MasqueConnection, type OpenTunnelOptions } from '../src/masque/masque-connection.ts';
import type { ProxyHandler, TunnelRequest } from '../src/masque/proxy-handler.ts';
import { udpPath } from '../src/masque/target.ts';
import type { Tunnel, TunnelEnd, TunnelHandler } from '../src/masque/tunnel.ts';
import { Pair } from './memory-transport.ts';

/** Notes what a tunnel hands out. */
export class Recorder implements TunnelHandler {
  readonly payloads: string[] = [];
  tunnel: Tunnel | undefined;
  end: TunnelEnd | undefined;

  opened(tunnel: Tunnel): void {
    this.tunnel = tunnel;
  }

  receive(payload: Uint8Array): void {
    this.payloads.push(String.fromCharCode(...payload.subarray(0, 100)));
  }

  ended(end: TunnelEnd): void {
    this.end = end;
  }
}

/** A client and a proxy over memory. The proxy keeps every request until the test decides. */
export class MasquePair {
  readonly pair: Pair;
  readonly client: MasqueConnection;
  readonly proxy: MasqueConnection;
  readonly requests: TunnelRequest[] = [];
  readonly proxyTunnels: Recorder[] = [];
  now = 0;
  /** Called for a request before the proxy has a handler for it. */
  decide: ((request: TunnelRequest) => void) | undefined;

  constructor(options: { handler?: () => TunnelHandler; server?: Partial<Http3Options> } = {}) {
    this.pair = new Pair({}, options.server);
    const proxyHandler: ProxyHandler = {
      tunnelRequested: (request) => {
        this.requests.push(request);
        this.decide?.(request);
        if (options.handler !== undefined) return options.handler();
        const recorder = new Recorder();
        this.proxyTunnels.push(recorder);
        return recorder;
      },
    };
    const { clientConnection, serverConnection } = this.pair;
    this.client = new MasqueConnection({ connection: clientConnection });
    this.proxy = new MasqueConnection({
      connection: serverConnection,
      proxy: proxyHandler,
      proxyName: 'upf1',
    });
    this.carry();
  }

  carry(): void {
    for (let round = 0; round < 8; round++) {
      this.pair.carry();
      this.client.pump(this.now);
      this.proxy.pump(this.now);
    }
  }

  open(handler: TunnelHandler, options: Partial<OpenTunnelOptions> = {}): Tunnel {
    const tunnel = this.client.open({
      protocol: 'connect-udp',
      authority: 'upf.example',
      path: udpPath({ host: '192.0.2.6', port: 443 }),
      mode: 'datagram-2',
      handler,
      ...options,
    });
    if (tunnel === undefined) throw new Error('no stream');
    return tunnel;
  }

  /** A tunnel that is open on both sides. */
  tunnel(options: Partial<OpenTunnelOptions> = {}): {
    near: Recorder;
    far: Recorder;
    client: Tunnel;
    proxy: Tunnel;
  } {
    const near = new Recorder();
    const client = this.open(near, options);
    this.carry();
    this.requests.at(-1)?.accept(this.now);
    this.carry();
    const far = this.proxyTunnels.at(-1) as Recorder;
    return { near, far, client, proxy: far.tunnel as Tunnel };
  }
}

export const text: (value: string) => Uint8Array = utf8;
