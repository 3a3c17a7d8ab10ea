import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { describeFailure, ServiceFailure } from './failure.ts';
import { SettingProblem } from './setting-kinds.ts';
import type { Setting, SettingsTable } from './settings.ts';
import { environmentName, flagName, readSettings, refuseUnknown } from './settings.ts';

/** Where the settings of a role come from; a flag wins over the environment, that over the file. */
export interface ConfigurationSources {
  /** `core`, `upf-proxy` or `ue-agent`. */
  readonly role: string;
  /** Path of a YAML file. */
  readonly file?: string | undefined;
  /** Values by setting name (camelCase), as a command-line parser returns them. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** One option of a command line, in the form that yargs takes. */
export interface FlagOption {
  readonly type: 'boolean' | 'string' | 'array';
  readonly describe: string;
  readonly requiresArg?: true;
  readonly string?: true;
}

/**
 * The settings of a role: its defaults, then the YAML file, then `MPQ_<ROLE>_<SETTING>`, then flags.
 * @throws {ServiceFailure} status 2: one line that names the source, the setting and what to do
 */
export function loadConfiguration<C>(table: SettingsTable<C>, sources: ConfigurationSources): C {
  const origin = new Map<string, string>();
  const merged: Record<string, unknown> = {};
  const file = sources.file ?? sources.environment?.[environmentName(sources.role, 'config')];
  if (file !== undefined) {
    for (const [name, value] of Object.entries(readYamlFile(file))) merged[name] = value;
  }
  for (const { name, value, from } of overrides(table, sources)) {
    merged[name] = value;
    origin.set(name, from);
  }
  try {
    return readSettings(table, merged);
  } catch (error) {
    if (!(error instanceof SettingProblem)) throw error;
    throw failure(error, origin, file ?? `${sources.role} configuration`);
  }
}

/** The options of a role's command: `--config`, and one flag for every setting. */
export function flagOptions<C>(table: SettingsTable<C>): Record<string, FlagOption> {
  const options: Record<string, FlagOption> = {
    config: { type: 'string', describe: 'YAML file with settings', requiresArg: true },
  };
  for (const [name, setting] of Object.entries<Setting<unknown>>(table)) {
    const { flag } = setting.kind;
    options[flagName(name)] = {
      type: flag,
      describe: setting.description + described(setting),
      ...(flag === 'array' ? { string: true as const } : {}),
      ...(flag === 'boolean' ? {} : { requiresArg: true as const }),
    };
  }
  return options;
}

function described(setting: Setting<unknown>): string {
  const { default: value, secret } = setting;
  if (secret === true) return '';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return ` [default: ${value}]`;
  }
  return '';
}

interface Override {
  readonly name: string;
  readonly value: unknown;
  readonly from: string;
}

/** What environment and flags set, the stronger source last. */
function* overrides<C>(table: SettingsTable<C>, sources: ConfigurationSources): Iterable<Override> {
  const { role, flags = {}, environment = {} } = sources;
  const names = Object.keys(table);
  const known = names.map((name) => environmentName(role, name));
  const prefix = environmentName(role, '');
  const given = Object.keys(environment).filter((name) => name.startsWith(prefix));
  try {
    refuseUnknown([...known, environmentName(role, 'config')], given);
  } catch (error) {
    if (!(error instanceof SettingProblem)) throw error;
    throw new ServiceFailure(2, `environment: ${error.path.slice(1)}: ${error.message}`);
  }
  for (const [name, setting] of Object.entries<Setting<unknown>>(table)) {
    const variable = environmentName(role, name);
    const value = environment[variable];
    if (value !== undefined) yield { name, value: structured(value, setting), from: variable };
    const flag = flags[name];
    if (flag !== undefined) {
      yield { name, value: structured(flag, setting), from: `--${flagName(name)}` };
    }
  }
}

/** Lists and mappings given as one text are written in YAML's flow style, `[{k: ...}]`. */
function structured(value: unknown, setting: Setting<unknown>): unknown {
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof only !== 'string' || !/^\s*[[{]/.test(only)) return value;
  if (!/list|mapping/.test(setting.kind.expected)) return value;
  try {
    return parseYaml(only);
  } catch {
    return value;
  }
}

function readYamlFile(file: string): Record<string, unknown> {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ServiceFailure(2, `${file}: cannot be read: ${describeFailure(error)}`);
  }
  let value: unknown;
  try {
    value = parseYaml(content, { prettyErrors: true });
  } catch (error) {
    throw new ServiceFailure(2, `${file}: is not valid YAML: ${describeFailure(error)}`);
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ServiceFailure(
      2,
      `${file}: must hold a mapping of settings, one "name: value" a line`,
    );
  }
  return value as Record<string, unknown>;
}

function failure(
  problem: SettingProblem,
  origin: ReadonlyMap<string, string>,
  file: string,
): ServiceFailure {
  const path = problem.path.replace(/^\./, '');
  const name = /^[^.[]*/.exec(path)?.[0] ?? '';
  const source = origin.get(name);
  const place = source === undefined ? `${file}: ${path}` : source + path.slice(name.length);
  return new ServiceFailure(2, `${place}: ${problem.message}`);
}
