import { hideBin } from 'yargs/helpers';
import { runCommandLine } from './cli/command-line.ts';
import { ExitStatus } from './cli/failure.ts';

const status = await runCommandLine(hideBin(process.argv));
if (status === ExitStatus.success) process.exitCode ??= status;
else process.exitCode = status;
