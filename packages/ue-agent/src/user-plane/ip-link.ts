import {
  type DatagramRoute,
  type IpHeader,
  IpTunnel,
  ipPath,
  parsePrefix,
  type TransportMode,
} from '@mpquic/http3';
import type { Http3Session } from '@mpquic/masque';
import { UeFailure } from '../failure.ts';

export interface IpLinkOptions {
  readonly http: Http3Session;
  readonly mode: TransportMode;
  /** How packets go that have no route of their own. */
  readonly route?: DatagramRoute | undefined;
  /** A packet of the data network, checked, as a view that stays unchanged. */
  readonly receive: (packet: Uint8Array, header: IpHeader) => void;
  /** Comes once, also where the link never opened. */
  readonly ended: (reason: string) => void;
}

/**
 * The UE's end of a CONNECT-IP tunnel for all destinations. Settles when the UPF has given an address. RFC 9484
 * @throws {UeFailure} `mpquic` where it refuses
 */
export function openIpLink(options: IpLinkOptions): Promise<IpTunnel> {
  const { http, mode, route, receive, ended } = options;
  return new Promise<IpTunnel>((resolve, reject) => {
    const tunnel = new IpTunnel({
      receive,
      opened: () => tunnel.requestAddresses([parsePrefix('0.0.0.0')]),
      addressesChanged: (addresses) => {
        if (addresses.length > 0) resolve(tunnel);
        else reject(new UeFailure('mpquic', 'the UPF gives no address'));
      },
      ended: ({ reason }) => {
        ended(reason);
        reject(new UeFailure('mpquic', `UPF: ${reason}`));
      },
    });
    http
      .openTunnel({
        protocol: 'connect-ip',
        authority: http.quic.servername ?? 'upf',
        path: ipPath({ target: '*', protocol: '*' }),
        mode,
        route,
        handler: tunnel,
      })
      .catch(reject);
  });
}
