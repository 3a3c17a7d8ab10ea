import type { EngineName } from './engine-pair.ts';

/** Which engine plays which role, with this project's other engine opposite. */
export const ROLES: readonly {
  readonly client: EngineName;
  readonly server: EngineName;
  readonly who: string;
}[] = [
  { client: 'ngtcp2', server: 'ours', who: 'ngtcp2 to ours' },
  { client: 'ours', server: 'ngtcp2', who: 'ours to ngtcp2' },
];
