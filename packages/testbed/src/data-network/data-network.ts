import { type Address, parseIp } from '@mpquic/wire';
import { answerQuery } from './dns-responder.ts';
import { serveUdp, type UdpService } from './udp-service.ts';

export interface DataNetworkOptions {
  readonly echo: Address;
  readonly dns: Address;
  /** IPv4 addresses by name. */
  readonly names: ReadonlyMap<string, string>;
}

/** What stands behind the UPF for demonstrations: an echo and a name service. */
export interface DataNetwork {
  readonly echo: UdpService;
  readonly dns: UdpService;
  close(): Promise<void>;
}

/** Rejects with the system's error where a port is taken. */
export async function startDataNetwork(options: DataNetworkOptions): Promise<DataNetwork> {
  const addresses = new Map([...options.names].map(([name, text]) => [name, parseIp(text)]));
  const echo = await serveUdp(options.echo, (payload) => payload);
  try {
    const dns = await serveUdp(options.dns, (query) => answerQuery(query, addresses));
    return {
      echo,
      dns,
      close: async () => {
        await Promise.all([echo.close(), dns.close()]);
      },
    };
  } catch (error) {
    await echo.close();
    throw error;
  }
}
