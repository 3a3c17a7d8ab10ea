import { coreService, coreSettings } from '@mpquic/core';
import type { CommandModule } from 'yargs';
import { roleCommand } from '../cli/role-command.ts';

export const coreCommand: CommandModule = roleCommand({
  name: 'core',
  describe: 'The 5G core: UDM, AUSF, AMF with SEAF, and SMF, together or each alone',
  settings: coreSettings,
  example: [
    'mpq core --config core.yaml --solution 4 --nf amf,smf',
    'AMF and SMF in this process, with UDM and AUSF where --udm-sbi and --ausf-sbi say',
  ],
  service: coreService,
});
