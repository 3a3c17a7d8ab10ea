import type { CommandModule } from 'yargs';

/** Every command of `mpq`, in the order in which `mpq --help` lists them. */
export const commands: readonly CommandModule[] = [];
