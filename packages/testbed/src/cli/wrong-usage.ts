import type { Argv } from 'yargs';
import { CommandFailure } from './failure.ts';

/** What yargs says of wrong usage, in one line. */
export function usageReason(message: string): string {
  const line = message.replaceAll(/\s*\n\s*/g, ' ').trim();
  if (line.startsWith('Not enough non-option arguments')) {
    return 'an argument is missing; `--help` shows which';
  }
  const choice = /^Invalid values: Argument: (\S+), Given: (.*), Choices: (.*)$/.exec(line);
  if (choice === null) return line;
  const [, name, given, choices] = choice;
  const is = given === '""' ? 'has no value' : `is ${given}`;
  return `${name} ${is}; it is one of ${choices}`.replaceAll('"', '');
}

/** @throws {CommandFailure} wrong usage, unless the value is absent or an integer of this range */
export function requireInteger(
  option: string,
  value: number | undefined,
  least: number,
  most: number,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw CommandFailure.usage(`${option} takes an integer from ${least} to ${most}`);
}

/** yargs makes a list of an option that is given twice, which no command expects of one that is no list. */
export function refuseRepeated(argv: Readonly<Record<string, unknown>>, parser: Argv): void {
  const lists = new Set(optionsOf(parser).array.flatMap((name) => [name, camelCase(name)]));
  for (const [name, value] of Object.entries(argv)) {
    if (Array.isArray(value) && name !== '_' && !lists.has(name)) {
      throw CommandFailure.usage(`--${name} is given more than once`);
    }
  }
}

/** yargs takes the default of an option that is given without its value. */
export function refuseEmpty(args: readonly string[], parser: Argv): void {
  const { string, number } = optionsOf(parser);
  const valued = new Set([...string, ...number].map((name) => `--${name}`));
  for (const [at, word] of args.entries()) {
    if (word === '--') return;
    const next = args[at + 1];
    const isEmpty = next === undefined || next === '' || next.startsWith('--');
    if (valued.has(word) && isEmpty) throw CommandFailure.usage(`${word} needs a value`);
  }
}

/** The second name that yargs gives to `--close-path`. */
function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

interface OptionNames {
  readonly array: readonly string[];
  readonly number: readonly string[];
  readonly string: readonly string[];
}

/** `getOptions` is not in the types of yargs. */
function optionsOf(parser: Argv): OptionNames {
  return (parser as unknown as { getOptions(): OptionNames }).getOptions();
}
