import {
  type DatagramRoute,
  type TransportMode,
  type Tunnel,
  type TunnelEnd,
  udpPath,
} from '@mpquic/http3';
import type { Http3Session } from '@mpquic/masque';
import { UeFailure } from '../failure.ts';
import type { FlowReceiver, FlowTarget, SteerableFlow } from './user-flow.ts';

export interface UdpTunnelOptions {
  readonly http: Http3Session;
  readonly target: FlowTarget;
  readonly mode: TransportMode;
  readonly route: DatagramRoute | undefined;
  readonly receiver: FlowReceiver;
}

/** A flow in a CONNECT-UDP tunnel of its own. @throws {UeFailure} `mpquic` where the UPF refuses it */
export async function openUdpTunnel(options: UdpTunnelOptions): Promise<SteerableFlow> {
  const { http, target, mode, route, receiver } = options;
  return new Promise<SteerableFlow>((resolve, reject) => {
    let open = false;
    const opened = (tunnel: Tunnel): void => {
      open = true;
      resolve({
        send: (payload) => tunnel.send(payload) === 'sent',
        close: () => tunnel.close(),
        setRoute: (changed) => tunnel.setRoute(changed),
      });
    };
    const ended = ({ reason }: TunnelEnd): void => {
      if (open) receiver.ended(reason);
      else reject(new UeFailure('mpquic', `UPF: ${target.host} port ${target.port}: ${reason}`));
    };
    const handler = { opened, ended, receive: (payload: Uint8Array) => receiver.receive(payload) };
    http
      .openTunnel({
        protocol: 'connect-udp',
        authority: http.quic.servername ?? 'upf',
        path: udpPath(target),
        mode,
        route,
        handler,
      })
      .catch(reject);
  });
}
