import {
  flagOptions,
  loadConfiguration,
  runService,
  type Service,
  type SettingsTable,
} from '@mpquic/service';
import type { CommandModule } from 'yargs';

/** A long-running process that `mpq` starts with settings from a file, the environment and flags. */
export interface RoleCommand<Settings> {
  readonly name: string;
  readonly describe: string;
  readonly settings: SettingsTable<Settings>;
  readonly example: readonly [command: string, description: string];
  readonly service: (settings: Settings) => Service;
}

/** The command of a role: `--config FILE.yaml`, every setting as a flag, SIGINT and SIGTERM end it. */
export function roleCommand<Settings>(role: RoleCommand<Settings>): CommandModule {
  return {
    command: role.name,
    describe: role.describe,
    builder: (parser) =>
      parser.options(flagOptions(role.settings)).example(role.example[0], role.example[1]),
    handler: async (given) => {
      const settings = loadConfiguration(role.settings, {
        role: role.name,
        file: given['config'] as string | undefined,
        flags: onlySettings(role.settings, given),
        environment: process.env,
      });
      await runService(role.service(settings));
    },
  };
}

function onlySettings<Settings>(
  table: SettingsTable<Settings>,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, given[name]]));
}
