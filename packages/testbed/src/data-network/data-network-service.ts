import {
  address,
  type CommonSettings,
  commonSettings,
  createLogger,
  hexBytes,
  listOf,
  type Service,
  ServiceFailure,
  type SettingsTable,
  text,
} from '@mpquic/service';
import { type Address, formatAddress, utf8 } from '@mpquic/wire';
import { startDataNetwork } from './data-network.ts';
import type { FileServiceOptions } from './file-service.ts';

export interface DataNetworkSettings extends CommonSettings {
  readonly echo: readonly Address[];
  readonly dns: Address;
  readonly names: readonly string[];
  readonly files: Address | undefined;
  readonly filesIdentity: string;
  readonly filesKey: Uint8Array | undefined;
}

export const dataNetworkSettings: SettingsTable<DataNetworkSettings> = {
  ...commonSettings,
  echo: {
    kind: listOf(address()),
    default: [{ host: '127.0.0.40', port: 7 }],
    description: 'where UDP echoes listen',
  },
  dns: {
    kind: address(),
    default: { host: '127.0.0.40', port: 53 },
    description: 'where the name service listens',
  },
  names: {
    kind: listOf(text('NAME=IPV4', /^[a-z0-9.-]+=\d+\.\d+\.\d+\.\d+$/i)),
    default: ['echo.example=127.0.0.40'],
    description: 'what the name service knows; all other names do not exist',
  },
  files: {
    kind: address(),
    optional: true,
    description: 'where a QUIC server answers GET /N over hq-interop with N octets',
  },
  filesIdentity: {
    kind: text('a PSK identity'),
    default: 'files',
    description: 'PSK identity of the file service',
  },
  filesKey: {
    kind: hexBytes(16, 64),
    optional: true,
    secret: true,
    description: 'PSK of the file service',
  },
};

/** The process that stands for a data network behind the UPF. */
export function dataNetworkService(settings: DataNetworkSettings): Service {
  const logger = createLogger({ name: 'data-network', level: settings.logLevel });
  return {
    logger,
    async start(lifecycle) {
      const names = new Map(
        settings.names.map((entry) => {
          const [name = '', host = ''] = entry.split('=');
          return [name.toLowerCase(), host];
        }),
      );
      const { echoes, dns, files } = await lifecycle.start(
        'data network',
        () => {
          const { echo, dns } = settings;
          return startDataNetwork({ echoes: echo, dns, names, files: filesOf(settings) });
        },
        (part) => part.close(),
      );
      const ready = {
        echo: echoes.map((echo) => formatAddress(echo.address)),
        dns: formatAddress(dns.address),
        ...(files === undefined ? {} : { files: formatAddress(files.address) }),
      };
      logger.info(ready, 'data network ready');
      return undefined;
    },
  };
}

function filesOf(settings: DataNetworkSettings): FileServiceOptions | undefined {
  const { files, filesIdentity, filesKey } = settings;
  if (files === undefined) return undefined;
  if (filesKey === undefined) throw new ServiceFailure(2, 'files needs filesKey');
  const psk = {
    identity: utf8(filesIdentity),
    key: filesKey,
    hash: 'sha256',
    mode: 'raw',
  } as const;
  return { address: files, psk };
}
