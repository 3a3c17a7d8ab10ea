import type { Address } from '@mpquic/wire';
import { EventFile } from './event-lines.ts';
import { LOG_LEVELS, type LogLevel } from './logger.ts';
import { type EventSink, noEvents } from './role-events.ts';
import { address, choice, flag, text } from './setting-kinds.ts';
import type { SettingsTable } from './settings.ts';

/** Settings that every role has. */
export interface CommonSettings {
  readonly logLevel: LogLevel;
  readonly metrics: Address | undefined;
  readonly events: string | undefined;
  readonly eventSecrets: boolean;
}

export const commonSettings: SettingsTable<CommonSettings> = {
  logLevel: {
    kind: choice(...LOG_LEVELS),
    default: 'info',
    description: 'how much is logged to standard error',
  },
  metrics: {
    kind: address(),
    optional: true,
    description: 'address of /metrics, /healthz, /readyz and /version',
  },
  events: {
    kind: text('a file path'),
    optional: true,
    description: 'file that gets every message, key step and state change as a line of JSON',
  },
  eventSecrets: {
    kind: flag(),
    default: false,
    description: 'write keys, and messages that hold keys, to the events file',
  },
};

/** Settings of a role that speaks QUIC. */
export interface TraceSettings {
  readonly keylog: string | undefined;
  readonly qlogDir: string | undefined;
}

export const traceSettings: SettingsTable<TraceSettings> = {
  keylog: {
    kind: text('a file path'),
    optional: true,
    description: 'file that gets the TLS secrets in NSS format',
  },
  qlogDir: { kind: text('a folder'), optional: true, description: 'folder for qlog files' },
};

/** The sink that the settings ask for, and how to close it. */
export function openEvents(settings: CommonSettings): {
  readonly sink: EventSink;
  readonly close: () => void;
} {
  if (settings.events === undefined) return { sink: noEvents, close: () => undefined };
  const file = new EventFile(settings.events, settings.eventSecrets ? 'show' : 'omit');
  return { sink: file, close: () => file.close() };
}
