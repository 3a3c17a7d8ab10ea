import {
  address,
  type CommonSettings,
  commonSettings,
  createLogger,
  listOf,
  type Service,
  type SettingsTable,
  text,
} from '@mpquic/service';
import { type Address, formatAddress } from '@mpquic/wire';
import { startDataNetwork } from './data-network.ts';

export interface DataNetworkSettings extends CommonSettings {
  readonly echo: readonly Address[];
  readonly dns: Address;
  readonly names: readonly string[];
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
      const { echoes, dns } = await lifecycle.start(
        'data network',
        () => startDataNetwork({ echoes: settings.echo, dns: settings.dns, names }),
        (part) => part.close(),
      );
      const ready = {
        echo: echoes.map((echo) => formatAddress(echo.address)),
        dns: formatAddress(dns.address),
      };
      logger.info(ready, 'data network ready');
      return undefined;
    },
  };
}
