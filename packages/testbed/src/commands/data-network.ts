import type { CommandModule } from 'yargs';
import { roleCommand } from '../cli/role-command.ts';
import { dataNetworkService, dataNetworkSettings } from '../data-network/data-network-service.ts';

export const dataNetworkCommand: CommandModule = roleCommand({
  name: 'data-network',
  describe: 'What stands behind the UPF: UDP echoes, a name service, and files over QUIC',
  settings: dataNetworkSettings,
  example: [
    'mpq data-network --echo 127.0.0.40:7007 --dns 127.0.0.40:5300 --names echo.example=127.0.0.40',
    'targets for the traffic of a UE',
  ],
  service: dataNetworkService,
});
