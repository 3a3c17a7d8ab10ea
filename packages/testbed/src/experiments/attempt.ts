import { MpquicConnection, type MpquicOptions, UeFailure, type UePsk } from '@mpquic/ue-agent';
import type { StageSession, StageUe } from './stage.ts';

/** How a handshake ended. */
export interface Attempt {
  readonly accepted: boolean;
  readonly ms: number;
  /** The reason of a refusal. */
  readonly detail: string;
}

/** A handshake with a session's PSK; closed again where it succeeds. */
export async function attempt(
  { mpquic }: Pick<StageUe, 'mpquic'>,
  { session, psk }: StageSession,
  options: Partial<MpquicOptions> = {},
): Promise<Attempt> {
  const started = performance.now();
  try {
    const connection = await MpquicConnection.open({ ...mpquic, ...options }, session, psk, '3gpp');
    const ms = performance.now() - started;
    await connection.close();
    return { accepted: true, ms, detail: '' };
  } catch (error) {
    if (!(error instanceof UeFailure) || error.reason !== 'mpquic') throw error;
    return { accepted: false, ms: performance.now() - started, detail: error.message };
  }
}

/** The same session with another key under the same KID. */
export function withKey(
  { session, psk }: StageSession,
  change: Partial<Pick<UePsk, 'key' | 'kid'>>,
): StageSession {
  return { session, psk: { ...psk, ...change } };
}
