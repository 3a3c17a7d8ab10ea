import { upfService, upfSettings } from '@mpquic/upf-proxy';
import type { CommandModule } from 'yargs';
import { roleCommand } from '../cli/role-command.ts';

export const upfProxyCommand: CommandModule = roleCommand({
  name: 'upf-proxy',
  describe: 'The UPF: PFCP sessions, PSK store, multipath QUIC proxy',
  settings: upfSettings,
  example: ['mpq upf-proxy --config upf.yaml', 'a UPF that waits for an SMF on N4'],
  service: upfService,
});
