import { MmCause, type ServiceRequest } from '@mpquic/nas';
import { SbiProblem } from '../sbi/problem.ts';
import { takeAccessKey } from './access-keys.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import type { NasConnection, ReceivedNas } from './nas-connection.ts';
import { updateSmContext } from './session-client.ts';
import type { AmfSession, UeContext } from './ue-context.ts';

/** CM-IDLE to CM-CONNECTED at the UE's wish. TS 24.501 §5.6.1, TS 23.502 §4.2.3.2 */
export async function serveRequest(
  amf: AmfEnvironment,
  connection: NasConnection,
  received: ReceivedNas<ServiceRequest>,
): Promise<void> {
  const { ue, access } = connection;
  const { count } = received;
  if (ue === undefined || count === undefined || !ue.accesses[access].registered) {
    connection.sendPlain({ type: 'serviceReject', cause: MmCause.ueIdentityCannotBeDerived });
    connection.close('the UE is not known');
    return;
  }
  const state = ue.accesses[access];
  const wasIdle = state.connection !== connection;
  if (wasIdle) {
    state.connection?.close('the UE began another connection over this access');
    state.connection = connection;
    takeAccessKey(amf, ue, access, count);
    if (amf.settings.selected.solution.update.trigger === 'idle_to_connected') {
      await updateKeys(amf, ue, connection, count);
    }
  }
  const pduSessionStatus = [...ue.sessions.keys()].reduce((bits, id) => bits | (1 << id), 0);
  connection.send({ type: 'serviceAccept', pduSessionStatus });
}

/** Solution #1: with the transition, UE and AMF derive anew, and the UPF is updated before the UE goes on. */
async function updateKeys(
  amf: AmfEnvironment,
  ue: UeContext,
  connection: NasConnection,
  count: number,
): Promise<void> {
  const activate = async (session: AmfSession): Promise<void> => {
    session.ulNasCount = count;
    session.access = connection.access;
    try {
      await updateSmContext(amf, session, { body: { upCnxState: 'ACTIVATING' } });
    } catch (error) {
      if (!(error instanceof SbiProblem)) throw error;
      amf.logger.warn({ reason: error.message }, 'the PSK of a session was not updated');
    }
  };
  await Promise.all([...ue.sessions.values()].map(activate));
}
