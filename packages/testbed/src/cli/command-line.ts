import type { ServiceFailure } from '@mpquic/service';
import yargs from 'yargs';
import { loadCommands } from '../commands/registry.ts';
import { CommandFailure, ExitStatus } from './failure.ts';
import { refuseEmpty, refuseRepeated, usageReason } from './wrong-usage.ts';

/**
 * Runs one `mpq` command line. What fails is told in one line on standard error (with MPQ_DEBUG also where), and its
 * status is returned; a command whose result is a failure sets `process.exitCode` itself.
 */
export async function runCommandLine(args: readonly string[]): Promise<ExitStatus> {
  try {
    await run(args);
    return ExitStatus.success;
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    process.stderr.write(`mpq: ${reason}\n`);
    if (process.env['MPQ_DEBUG'] && error instanceof Error)
      process.stderr.write(`${error.stack}\n`);
    return statusOf(error);
  }
}

async function run(args: readonly string[]): Promise<void> {
  const parser = yargs(args)
    .scriptName('mpq')
    .usage('$0 <command>\n\nMultipath QUIC with external PSKs between a UE and a UPF.')
    .strict()
    .demandCommand(1, 'Name a command; `mpq --help` lists them.')
    .recommendCommands()
    .help()
    .alias('help', 'h')
    .version()
    .wrap(process.stdout.isTTY ? Math.min(120, process.stdout.columns) : 100)
    .exitProcess(false)
    .fail((message, error) => {
      // yargs reports wrong usage by a message, or by an error of its own.
      if (error !== undefined && error !== null && error.name !== 'YError') throw error;
      throw CommandFailure.usage(usageReason(message ?? error?.message ?? ''));
    });
  parser.middleware((argv) => {
    refuseEmpty(args, parser);
    refuseRepeated(argv, parser);
  }, true);
  for (const command of await loadCommands(args)) parser.command(command);
  await parser.parseAsync();
}

/** A failure of a role is known by its code: its package is not loaded for this alone. */
function statusOf(error: unknown): ExitStatus {
  if (error instanceof CommandFailure) return error.status;
  const failure = error as Partial<ServiceFailure> | null | undefined;
  return (failure?.code === 'SERVICE_FAILURE' && failure.status) || ExitStatus.failed;
}
