import { type Logger, pino } from 'pino';
import { redacted } from './redaction.ts';

export type { Logger };

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  /** Name of the role, as it stands on every line. */
  readonly name: string;
  readonly level?: LogLevel;
  /** Where lines go; standard error when absent. */
  readonly write?: (line: string) => void;
  /** Lines for a person instead of JSON; when absent, whether standard error is a terminal. */
  readonly pretty?: boolean;
  readonly colour?: boolean;
}

/**
 * A pino logger to standard error: JSON lines, or single readable lines on a terminal. Fields whose
 * names say that they hold keys, and all byte strings under them, are redacted at any depth.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { name, level = 'info' } = options;
  const write = options.write ?? ((line: string): void => void process.stderr.write(line));
  const terminal = options.write === undefined && process.stderr.isTTY === true;
  const pretty = options.pretty ?? terminal;
  const colour = options.colour ?? (terminal && !process.env['NO_COLOR']);
  const settings = {
    level,
    base: { name },
    formatters: { log: (fields: Record<string, unknown>) => redacted(fields) },
  };
  return pino(settings, {
    write: (line: string) => write(pretty ? `${prettyLine(line, colour)}\n` : line),
  });
}

/** A logger that says nothing, for tests and for roles that run inside another program. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

/** A line as pino writes it. */
interface LogLine {
  readonly level: number;
  readonly time: number;
  readonly name: string;
  readonly msg?: string;
}

function prettyLine(line: string, colour: boolean): string {
  const { level, time, name, msg, ...fields } = JSON.parse(line) as LogLine;
  const label = LABELS[level] ?? { word: String(level), code: 0 };
  const word = label.word.padEnd(5);
  const shown = colour ? `\u001b[${label.code}m${word}\u001b[0m` : word;
  const clock = new Date(time).toISOString().slice(11, 23);
  const rest = Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  return `${clock} ${shown} ${name}: ${msg ?? ''}${rest}`.replaceAll('\n', ' | ');
}

const LABELS: { readonly [level: number]: { readonly word: string; readonly code: number } } = {
  10: { word: 'trace', code: 90 },
  20: { word: 'debug', code: 90 },
  30: { word: 'info', code: 32 },
  40: { word: 'warn', code: 33 },
  50: { word: 'error', code: 31 },
  60: { word: 'fatal', code: 31 },
};
