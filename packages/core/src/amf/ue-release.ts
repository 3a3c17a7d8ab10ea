import type { AccessName } from '@mpquic/service';
import type { AmfEnvironment } from './amf-environment.ts';
import type { NasConnection } from './nas-connection.ts';
import { releaseSmContext } from './session-client.ts';
import { ACCESSES, type UeContext } from './ue-context.ts';

/**
 * Releases all sessions of a UE and forgets it: its connections are closed and its keys overwritten.
 * @param kept a connection that goes on, because it belongs to the UE that takes over
 */
export async function releaseUe(
  amf: AmfEnvironment,
  ue: UeContext,
  reason: string,
  kept?: NasConnection,
): Promise<void> {
  for (const connection of ue.connections) {
    if (connection === kept) continue;
    connection.ue = undefined;
    connection.close(reason);
  }
  await releaseSessions(amf, ue);
  for (const access of ACCESSES) amf.accessNetwork.release(ue.supi, access);
  amf.ues.remove(ue);
}

/** Releases the sessions of a UE at the SMF, without telling the UE. */
async function releaseSessions(amf: AmfEnvironment, ue: UeContext): Promise<void> {
  const sessions = [...ue.sessions.values()];
  ue.sessions.clear();
  await Promise.all(sessions.map((session) => releaseSmContext(amf, session, 'REL_DUE_TO_DEREG')));
}

/**
 * The SMF that runs since `smfRecoveryTime` lost all sessions of its earlier lives, and the UPF deletes them with it. Connected UEs are asked to update their registration:
 * the answer tells them which sessions are left, which is none. Idle ones learn it when they come back.
 * TS 24.501 §5.4.4.2, §5.5.1.3.4
 * @returns how many sessions there were
 */
export function forgetSessions({ ues }: AmfEnvironment, smfRecoveryTime: string): number {
  let lost = 0;
  for (const ue of ues.values()) {
    const gone = [...ue.sessions.values()].filter(
      (session) => session.smContext !== undefined && session.smfRecoveryTime !== smfRecoveryTime,
    );
    if (gone.length === 0) continue;
    lost += gone.length;
    for (const { pduSessionId } of gone) ue.sessions.delete(pduSessionId);
    const [connection] = ue.connections;
    connection?.send({ type: 'configurationUpdateCommand', indication: REGISTRATION_REQUESTED });
  }
  return lost;
}

/** Configuration update indication, bit 2. TS 24.501 §9.11.3.18 */
const REGISTRATION_REQUESTED = 2;

/** The UE is no longer registered over `access`; with its last registration it is forgotten. */
export async function deregister(
  amf: AmfEnvironment,
  ue: UeContext,
  access: AccessName,
): Promise<void> {
  const state = ue.accesses[access];
  state.registered = false;
  ue.forgetAccessKeys(access);
  amf.accessNetwork.release(ue.supi, access);
  const orphans = [...ue.sessions.values()].filter((session) => {
    session.accesses.delete(access);
    return session.accesses.size === 0;
  });
  for (const session of orphans) ue.sessions.delete(session.pduSessionId);
  await Promise.all(orphans.map((session) => releaseSmContext(amf, session, 'REL_DUE_TO_DEREG')));
  if (!ue.registered) await releaseUe(amf, ue, 'deregistered', state.connection);
}

/** The signalling connection is gone: CM-IDLE over this access. TS 23.501 §5.3.3 */
export function becomeIdle(amf: AmfEnvironment, connection: NasConnection): void {
  const { ue, access, security } = connection;
  connection.ue = undefined;
  connection.security = undefined;
  if (ue === undefined) {
    security?.dispose();
    return;
  }
  const state = ue.accesses[access];
  if (state.connection === connection) {
    state.connection = undefined;
    ue.forgetAccessKeys(access);
    amf.accessNetwork.release(ue.supi, access);
  }
  if (security !== undefined) ue.retire(security);
  if (ue.connections.length === 0) expectReturn(amf, ue);
}

/**
 * A UE that stays CM-IDLE for too long is gone: its sessions, and the PSKs of them, go as well.
 * TS 24.501 §5.3.7, implicit de-registration timer
 */
function expectReturn(amf: AmfEnvironment, ue: UeContext): void {
  const { implicitDeregistrationMs } = amf.settings;
  if (implicitDeregistrationMs === 0) return;
  clearTimeout(ue.implicitDeregistration);
  ue.implicitDeregistration = setTimeout(() => {
    if (ue.connections.length > 0) return;
    releaseUe(amf, ue, 'implicitly deregistered').catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown';
      amf.logger.error({ reason }, 'a UE that is gone was not released');
    });
  }, implicitDeregistrationMs);
  ue.implicitDeregistration.unref();
}
