import { ueAgentService, ueSettings } from '@mpquic/ue-agent';
import type { CommandModule } from 'yargs';
import { roleCommand } from '../cli/role-command.ts';

export const ueAgentCommand: CommandModule = roleCommand({
  name: 'ue-agent',
  describe: 'A UE: registration, MA PDU session, PSK, and multipath QUIC to the UPF',
  settings: ueSettings,
  example: [
    'mpq ue-agent --config ue.yaml --transfer-bytes 20000000',
    'tells the whole story once and prints its paths',
  ],
  service: ueAgentService,
});
