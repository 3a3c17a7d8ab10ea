import { accessSync, constants } from 'node:fs';
import { commandVersion } from './command-version.ts';
import { type Finding, optional } from './finding.ts';

/** What needs rights that an ordinary user lacks. Nothing else of the project does. */
export async function privilegeFindings(): Promise<Finding[]> {
  const namespace = await commandVersion('unshare', '--net', 'true');
  return [
    optional('privilege', 'TUN', tunObstacle() === undefined ? 'can be opened' : undefined, {
      value: tunObstacle() ?? '',
      advice: 'run as root with /dev/net/tun: only the TUN entry of mpq ue-agent needs it',
    }),
    optional('privilege', 'network namespaces', namespace && 'can be created', {
      value: 'cannot be created',
      advice: 'run as root: only runs that separate UE and UPF by namespaces need it',
    }),
  ];
}

function tunObstacle(): string | undefined {
  if (process.geteuid?.() !== 0) return 'not root';
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return `/dev/net/tun: ${(error as NodeJS.ErrnoException).code}`;
  }
}
