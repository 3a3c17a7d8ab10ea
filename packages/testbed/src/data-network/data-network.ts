import { type Address, parseIp } from '@mpquic/wire';
import { answerQuery } from './dns-responder.ts';
import { serveUdp, type UdpService } from './udp-service.ts';

export interface DataNetworkOptions {
  /** Where each echo listens. */
  readonly echoes: readonly Address[];
  readonly dns: Address;
  /** IPv4 addresses by name. */
  readonly names: ReadonlyMap<string, string>;
}

/** What stands behind the UPF for demonstrations: echoes and a name service. */
export interface DataNetwork {
  readonly echoes: readonly UdpService[];
  readonly dns: UdpService;
  close(): Promise<void>;
}

/** Rejects with the system's error where a port is taken. */
export async function startDataNetwork(options: DataNetworkOptions): Promise<DataNetwork> {
  const addresses = new Map([...options.names].map(([name, text]) => [name, parseIp(text)]));
  const services: UdpService[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.close()));
  };
  try {
    for (const echo of options.echoes) services.push(await serveUdp(echo, (payload) => payload));
    const echoes = [...services];
    const dns = await serveUdp(options.dns, (query) => answerQuery(query, addresses));
    services.push(dns);
    return { echoes, dns, close };
  } catch (error) {
    await close();
    throw error;
  }
}
