import {
  address,
  type CommonSettings,
  commonSettings,
  createLogger,
  type Lifecycle,
  type Service,
  type SettingsTable,
  text,
} from '@mpquic/service';
import { type Address, formatAddress } from '@mpquic/wire';
import { ControlServer } from './control-server.ts';
import { type Impairment, impairmentOf, impairmentSettings } from './impairment.ts';
import { Relay } from './relay.ts';
import { playSchedule, readSchedule } from './schedule.ts';

/** Settings of an access: the same impairment both ways at first; the control interface splits them. */
export interface AccessSettings extends CommonSettings, Impairment {
  readonly listen: Address;
  readonly remote: Address;
  readonly outside: string;
  readonly control: Address | undefined;
  readonly schedule: string | undefined;
}

export const accessSettings: SettingsTable<AccessSettings> = {
  ...commonSettings,
  ...impairmentSettings,
  listen: { kind: address(), description: 'address that UEs send to' },
  remote: { kind: address(), description: 'address of the UPF behind this access' },
  outside: {
    kind: text('a host address'),
    default: '0.0.0.0',
    description: 'local host of the sockets towards the UPF',
  },
  control: {
    kind: address(),
    optional: true,
    description: 'address of the HTTP interface that changes the access while it runs',
  },
  schedule: {
    kind: text('a file path'),
    optional: true,
    description: 'YAML list of changes, each with atMs after the start',
  },
};

/** The process that stands for one access. */
export function accessService(settings: AccessSettings): Service {
  const logger = createLogger({ name: 'access', level: settings.logLevel });
  return {
    logger,
    async start(lifecycle: Lifecycle) {
      const steps =
        settings.schedule === undefined
          ? []
          : readSchedule(settings.schedule, impairmentOf(settings));
      const impairment = impairmentOf(settings);
      const relay = await lifecycle.start(
        'relay',
        () => Relay.open({ ...settings, uplink: impairment, downlink: impairment }),
        (part) => part.close(),
      );
      const { control } = settings;
      if (control !== undefined) {
        await lifecycle.start(
          'control interface',
          () => ControlServer.listen(control, relay),
          (part) => part.close(),
        );
      }
      lifecycle.onStop('schedule', playSchedule(relay, steps));
      logger.info(
        { listen: formatAddress(relay.address), remote: formatAddress(settings.remote) },
        'access ready',
      );
      return undefined;
    },
  };
}
