import { Http3ConnectionError } from '../error-code.ts';
import type { Http3Settings } from '../settings.ts';

/**
 * The drafts of WebTransport over HTTP/3 that are spoken here: what deployed browsers and libraries offer.
 * draft-15 and later are not, as they require RESET_STREAM_AT, which this QUIC does not have.
 */
export type WebTransportDraft = 'draft-02' | 'draft-07';

/** Settings that tell the drafts apart. WT-02 §7.2, WT-07 §8.2 */
export const WebTransportSetting = {
  /** 1 in draft-02 to 06. */
  enableWebTransport: 0x2b60_3742n,
  /** In draft-07 to 12; 0 for none. */
  webTransportMaxSessions: 0xc671_706an,
} as const;

/** `:protocol` of the request that opens a session. WT-07 §3.3 */
export const WEBTRANSPORT_PROTOCOL = 'webtransport';

/** What both sides have in common. */
export interface AgreedDraft {
  readonly draft: WebTransportDraft;
  /** Sessions that the peer takes at once. */
  readonly maxSessions: number;
}

/** What this side announces: both drafts. */
export function webTransportSettings(maxSessions: number): ReadonlyMap<bigint, bigint> {
  return new Map([
    [WebTransportSetting.enableWebTransport, 1n],
    [WebTransportSetting.webTransportMaxSessions, BigInt(maxSessions)],
  ]);
}

/**
 * The newest draft that the peer offers too; undefined where it offers none, or lacks what all of them need.
 * @throws {Http3ConnectionError} H3_SETTINGS_ERROR
 */
export function agreeOnDraft(
  settings: Http3Settings,
  peerRole: 'client' | 'server',
): AgreedDraft | undefined {
  const { unknown, h3Datagram, enableConnectProtocol } = settings;
  const enabled = unknown.get(WebTransportSetting.enableWebTransport) ?? 0n;
  if (enabled > 1n) {
    throw new Http3ConnectionError('H3_SETTINGS_ERROR', `ENABLE_WEBTRANSPORT is ${enabled}`);
  }
  if (!h3Datagram || (peerRole === 'server' && !enableConnectProtocol)) return undefined;
  const maxSessions = unknown.get(WebTransportSetting.webTransportMaxSessions) ?? 0n;
  if (maxSessions > 0n) return { draft: 'draft-07', maxSessions: Number(maxSessions) };
  if (enabled === 1n) return { draft: 'draft-02', maxSessions: Number.POSITIVE_INFINITY };
  return undefined;
}
