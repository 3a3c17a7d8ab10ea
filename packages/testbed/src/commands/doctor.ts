import type { CommandModule } from 'yargs';
import { ExitStatus } from '../cli/failure.ts';
import { printJson, printLines } from '../cli/output.ts';
import { formatTable } from '../cli/table.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';

interface DoctorArguments {
  readonly json: boolean;
}

/** `mpq doctor`: what is in use on this machine, and why. */
export const doctorCommand: CommandModule<object, DoctorArguments> = {
  command: 'doctor',
  describe: 'What is in use on this machine and why: addon, offload, tools, peers, privileges',
  builder: (parser) =>
    parser
      .option('json', { type: 'boolean', default: false, describe: 'one JSON document' })
      .example('MPQUIC_NATIVE=0 mpq doctor', 'what is in use without the native addon'),
  handler: async ({ json }) => {
    const findings = await examine();
    const ok = findings.every(({ status }) => status !== 'failed');
    if (json) printJson({ ok, findings });
    else printLines(doctorTable(findings));
    if (!ok) process.exitCode = ExitStatus.failed;
  },
};

/** A row for each finding; what to do stands below where something is missing. */
export function doctorTable(findings: readonly Finding[]): string[] {
  const rows = findings.map(({ area, name, status, value }) => [area, name, status, value]);
  const table = formatTable(
    [{ title: 'area' }, { title: 'what' }, { title: '' }, { title: '' }],
    rows,
  );
  const advice = findings
    .filter((finding) => finding.advice !== undefined)
    .map((finding) => `${finding.name}: ${finding.advice}`);
  return advice.length === 0 ? table : [...table, '', ...advice];
}
