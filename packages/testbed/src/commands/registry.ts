import type { CommandModule } from 'yargs';
import { accessCommand } from './access.ts';
import { coreCommand } from './core.ts';
import { decryptCommand } from './decrypt.ts';
import { deriveCommand } from './derive.ts';

/** Every command of `mpq`, in the order in which `mpq --help` lists them. */
export const commands: readonly CommandModule[] = [
  deriveCommand,
  decryptCommand,
  accessCommand,
  coreCommand,
];
