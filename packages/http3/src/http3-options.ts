import { defaultSettings, type Http3Settings } from './settings.ts';
import type { StreamExtension } from './stream-extension.ts';
import type { Http3Transport } from './transport.ts';

export interface Http3Options {
  readonly role: 'client' | 'server';
  readonly transport: Http3Transport;
  /** Octets of a field section that are accepted. Default 16,384. */
  readonly maxFieldSectionSize?: number;
  /** Octets of the peer's dynamic table that are kept. Default 0: static table and literals. */
  readonly qpackMaxTableCapacity?: number;
  /** Settings beyond those of HTTP/3, for extensions. */
  readonly extensionSettings?: ReadonlyMap<bigint, bigint>;
  /** What has streams beside requests. */
  readonly streamExtension?: StreamExtension;
  /** Requests that the peer may reset unanswered before it is stopped as a flood. Default 1,000. */
  readonly resetLimit?: number;
  /** Datagrams kept that overtook their request. Default 64. */
  readonly earlyDatagramLimit?: number;
}

/** What this side announces: its limit is always one. */
export interface LocalSettings extends Http3Settings {
  readonly maxFieldSectionSize: number;
}

/** RFC 9114 §7.2.4.1, RFC 9220 §3, RFC 9297 §2.1.1 */
export function localSettings(options: Http3Options): LocalSettings {
  return {
    ...defaultSettings,
    maxFieldSectionSize: options.maxFieldSectionSize ?? 16_384,
    qpackMaxTableCapacity: options.qpackMaxTableCapacity ?? 0,
    enableConnectProtocol: options.role === 'server',
    h3Datagram: true,
    unknown: options.extensionSettings ?? new Map(),
  };
}
