import { renewAccessKey } from './access-keys.ts';
import { type AmfEnvironment, NasRejection } from './amf-environment.ts';
import { AuthenticationRejected, authenticate } from './authentication.ts';
import { applyKeyPolicy } from './key-policy.ts';
import { type NasConnection, ProcedureAborted } from './nas-connection.ts';
import { AmfSecurityContext } from './security-context.ts';
import { runSecurityMode } from './security-mode.ts';
import type { UeContext } from './ue-context.ts';
import { deregister } from './ue-release.ts';

/**
 * The network authenticates a connected UE again and takes a new K_AMF into use: first on one
 * connection, then on the other; then the PSKs follow as the operator wants it.
 * TS 33.501 §6.3.2, §6.7.3.6; TS 24.501 §5.4.2
 * @returns whether the new K_AMF is in use
 */
export async function reauthenticate(amf: AmfEnvironment, ue: UeContext): Promise<boolean> {
  const [first] = ue.connections;
  if (first === undefined) return false;
  try {
    const authenticated = await authenticate(amf, first, ue.supi, ue.nextNgKsi);
    const { algorithms } = ue.security.nas;
    const next = new AmfSecurityContext(amf.crypto, amf.events, { ...authenticated, algorithms });
    await takeIntoUse(amf, first, ue, next);
    await alignConnections(amf, ue);
    await applyKeyPolicy(amf, ue);
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

/**
 * Takes the K_AMF of a UE into use on those of its connections that still have another one. One that cannot follow
 * is of a UE without the keys: a clone, or one that lost its state. It is deregistered there, and PDU sessions that
 * no other access carries end with their PSKs.
 */
export async function alignConnections(amf: AmfEnvironment, ue: UeContext): Promise<void> {
  const { security } = ue;
  for (const connection of ue.connections) {
    if (connection.security === security) continue;
    try {
      await takeIntoUse(amf, connection, ue, security);
    } catch (error) {
      if (!(error instanceof NasRejection || error instanceof ProcedureAborted)) throw error;
      connection.close('the UE does not hold the new K_AMF');
      await deregister(amf, ue, connection.access);
    }
  }
}

/** Takes a K_AMF into use on a connection, and makes the key of the access node from it. */
async function takeIntoUse(
  amf: AmfEnvironment,
  connection: NasConnection,
  ue: UeContext,
  next: AmfSecurityContext,
): Promise<void> {
  const previous = connection.security;
  const capability = ue.securityCapability;
  const { count = 0 } = await runSecurityMode(amf, connection, next, { capability });
  if (ue.security !== next) ue.replaceSecurity(next);
  if (previous !== undefined) ue.retire(previous);
  renewAccessKey(amf, ue, connection.access, count);
}
