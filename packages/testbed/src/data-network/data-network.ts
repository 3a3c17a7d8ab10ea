import { type Address, parseIp } from '@mpquic/wire';
import { answerQuery } from './dns-responder.ts';
import { type FileService, type FileServiceOptions, serveFiles } from './file-service.ts';
import { serveUdp, type UdpService } from './udp-service.ts';

export interface DataNetworkOptions {
  /** Where each echo listens. */
  readonly echoes: readonly Address[];
  readonly dns: Address;
  readonly files?: FileServiceOptions | undefined;
  /** IPv4 addresses by name. */
  readonly names: ReadonlyMap<string, string>;
}

/** What stands behind the UPF for demonstrations: */
export interface DataNetwork {
  readonly echoes: readonly UdpService[];
  readonly dns: UdpService;
  readonly files: FileService | undefined;
  close(): Promise<void>;
}

/** Rejects with the system's error where a port is taken. */
export async function startDataNetwork(options: DataNetworkOptions): Promise<DataNetwork> {
  const addresses = new Map([...options.names].map(([name, text]) => [name, parseIp(text)]));
  const services: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.close()));
  };
  try {
    const echoes: UdpService[] = [];
    for (const address of options.echoes) {
      const echo = await serveUdp(address, (payload) => payload);
      services.push(echo);
      echoes.push(echo);
    }
    const dns = await serveUdp(options.dns, (query) => answerQuery(query, addresses));
    services.push(dns);
    const files = options.files && (await serveFiles(options.files));
    if (files !== undefined) services.push(files);
    return { echoes, dns, files, close };
  } catch (error) {
    await close();
    throw error;
  }
}
