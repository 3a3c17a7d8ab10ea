import { type AmfEnvironment, NasRejection } from './amf-environment.ts';
import { AuthenticationRejected, authenticate } from './authentication.ts';
import { type NasConnection, ProcedureAborted } from './nas-connection.ts';
import { AmfSecurityContext } from './security-context.ts';
import { runSecurityMode } from './security-mode.ts';
import type { UeContext } from './ue-context.ts';

/**
 * The network authenticates a connected UE again and takes a new K_AMF into use: first on one
 * connection, then on the other. TS 33.501 §6.3.2, §6.7.3.6; TS 24.501 §5.4.2
 * @returns whether the new K_AMF is in use
 */
export async function reauthenticate(amf: AmfEnvironment, ue: UeContext): Promise<boolean> {
  const [first, ...others] = ue.connections;
  if (first === undefined) return false;
  try {
    const authenticated = await authenticate(amf, first, ue.supi, ue.nextNgKsi);
    const { algorithms } = ue.security.nas;
    const next = new AmfSecurityContext(amf.crypto, amf.events, { ...authenticated, algorithms });
    await useOn(amf, first, ue, next);
    ue.replaceSecurity(next);
    for (const other of others) {
      await useOn(amf, other, ue, next);
    }
    return true;
  } catch (error) {
    if (error instanceof AuthenticationRejected) {
      first.send({ type: 'authenticationReject' });
      first.close(error.message);
      return false;
    }
    if (error instanceof NasRejection || error instanceof ProcedureAborted) return false;
    throw error;
  }
}

async function useOn(
  amf: AmfEnvironment,
  connection: NasConnection,
  ue: UeContext,
  next: AmfSecurityContext,
): Promise<void> {
  const previous = connection.security;
  await runSecurityMode(amf, connection, next, { capability: ue.securityCapability });
  if (previous !== undefined) ue.retire(previous);
}
