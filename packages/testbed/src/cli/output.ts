/** Writes one JSON document to standard output, the only thing there with `--json`. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes lines for a person to standard output. */
export function printLines(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** A note for a person, beside the result: standard error. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

const CODES: { readonly [C in Colour]: number } = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

const colourful: boolean = process.stdout.isTTY === true && !process.env['NO_COLOR'];

/** Columns of the terminal; undefined where standard output is none. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

/** `text` in a colour, where standard output is a terminal and NO_COLOR is not set. */
export function paint(colour: Colour, text: string): string {
  return colourful ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}
