import { accessService, accessSettings } from '@mpquic/access';
import type { CommandModule } from 'yargs';
import { roleCommand } from '../cli/role-command.ts';

export const accessCommand: CommandModule = roleCommand({
  name: 'access',
  describe: 'A UDP relay that stands for one access: delay, loss, rate, NAT, blackhole',
  settings: accessSettings,
  example: [
    'mpq access --listen 127.0.0.1:6001 --remote 127.0.0.1:4433 --delay-ms 40 --rate-mbit 40 --control 127.0.0.1:6081',
    'a 40 Mbit/s access with 40 ms each way, changed while it runs by PATCH http://127.0.0.1:6081/',
  ],
  service: accessService,
});
