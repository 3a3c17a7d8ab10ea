import { formatSuci, KAmfDirection, type ProtectionScheme } from '@mpquic/keys';
import {
  decodeMm,
  type Guti,
  IdentityType,
  MmCause,
  type MobileIdentity,
  NasDecodeError,
  RegistrationKind,
  type RegistrationRequest,
  type SecurityCapability,
} from '@mpquic/nas';
import { recordSteps } from '../key-events.ts';
import { takeAccessKey } from './access-keys.ts';
import { type AmfEnvironment, NasRejection } from './amf-environment.ts';
import { type Authenticated, AuthenticationRejected, authenticate } from './authentication.ts';
import { applyKeyPolicy } from './key-policy.ts';
import type { NasConnection, ReceivedNas } from './nas-connection.ts';
import { alignConnections } from './reauthentication.ts';
import { AmfSecurityContext, horizontalKAmf, selectAlgorithms } from './security-context.ts';
import { runSecurityMode } from './security-mode.ts';
import { UeContext } from './ue-context.ts';
import { releaseUe } from './ue-release.ts';

/** Registers a UE over one access, or updates its registration. TS 24.501 §5.5.1, TS 33.501 §6.7.2 */
export async function register(
  amf: AmfEnvironment,
  connection: NasConnection,
  received: ReceivedNas<RegistrationRequest>,
): Promise<void> {
  const { access } = connection;
  try {
    const { ue, kAmfChanged } =
      received.count === undefined || connection.ue === undefined
        ? await admit(amf, connection, received.message)
        : await readmit(amf, connection, connection.ue, received.message, received.count);
    ue.accesses[access].registered = true;
    ue.accesses[access].connection = connection;
    connection.send(acceptFor(amf, ue));
    await connection.expect(['registrationComplete'], amf.settings.guardMs);
    amf.metrics.registrations.inc({ access, result: 'accepted' });
    if (kAmfChanged) {
      await alignConnections(amf, ue);
      await applyKeyPolicy(amf, ue);
    }
  } catch (error) {
    amf.metrics.registrations.inc({ access, result: 'rejected' });
    refuse(connection, error);
  }
}

/** A UE that is let in, and whether it was known already, under another K_AMF. */
interface Admitted {
  readonly ue: UeContext;
  readonly kAmfChanged: boolean;
}

/** A UE without a context that verifies: identity, 5G-AKA, security mode. */
async function admit(
  amf: AmfEnvironment,
  connection: NasConnection,
  request: RegistrationRequest,
): Promise<Admitted> {
  if (amf.ues.full) throw new NasRejection(MmCause.congestion, 'no room for another UE');
  const supiOrSuci = await concealedIdentity(amf, connection, request.identity);
  const capability = request.securityCapability;
  if (capability === undefined) {
    throw new NasRejection(MmCause.invalidMandatoryInformation, 'no UE security capability');
  }
  const algorithms = selectAlgorithms(amf.settings, capability);
  if (algorithms === undefined) {
    throw new NasRejection(MmCause.ueSecurityCapabilitiesMismatch, 'no common NAS algorithm');
  }
  const ngKsi = request.ngKsi.value < 7 ? (request.ngKsi.value + 1) % 7 : 0;
  const authenticated = await authenticate(amf, connection, supiOrSuci, ngKsi);
  const security = new AmfSecurityContext(amf.crypto, amf.events, { ...authenticated, algorithms });
  try {
    const complete = await runSecurityMode(amf, connection, security, {
      capability,
      retransmitInitialMessage: true,
    });
    checkRepeated(complete.message.messageContainer, request);
    const admitted = await settle(amf, connection, authenticated, security, capability);
    takeAccessKey(amf, admitted.ue, connection.access, complete.count ?? 0);
    return admitted;
  } catch (error) {
    connection.security = undefined;
    security.dispose();
    throw error;
  }
}

/** A UE that proved to hold the current context, over the same access or the other. */
async function readmit(
  amf: AmfEnvironment,
  connection: NasConnection,
  ue: UeContext,
  request: RegistrationRequest,
  count: number,
): Promise<Admitted> {
  const state = ue.accesses[connection.access];
  if (state.connection !== undefined && state.connection !== connection) {
    state.connection.ue = undefined;
    state.connection.close('the UE began another connection over this access');
  }
  state.connection = connection;
  const horizontal =
    amf.settings.horizontalKAmf &&
    request.registrationType.kind === RegistrationKind.mobilityUpdate;
  const begun = horizontal ? await deriveHorizontally(amf, connection, ue, count) : count;
  takeAccessKey(amf, ue, connection.access, begun);
  return { ue, kAmfChanged: horizontal };
}

/**
 * K_AMF' from the COUNT of the request; the old K_AMF is wiped. TS 33.501 §6.9.3, A.13
 * @returns COUNT of the Security Mode Complete, the first under K_AMF'
 */
async function deriveHorizontally(
  amf: AmfEnvironment,
  connection: NasConnection,
  ue: UeContext,
  count: number,
): Promise<number> {
  const { crypto, events } = amf;
  const step = horizontalKAmf(crypto, ue.security, KAmfDirection.idleMobility, count);
  recordSteps(events, 'amf', [step]);
  const { ngKsi, kSeaf, nas } = ue.security;
  const next = new AmfSecurityContext(crypto, events, {
    ngKsi,
    kAmf: step.value,
    kSeaf: kSeaf?.slice(),
    algorithms: nas.algorithms,
  });
  const complete = await runSecurityMode(amf, connection, next, {
    capability: ue.securityCapability,
    horizontalDerivation: true,
  });
  ue.replaceSecurity(next);
  return complete.count ?? 0;
}

/** The SUPI or SUCI for the home network; a temporary identity is asked for its SUCI. */
async function concealedIdentity(
  amf: AmfEnvironment,
  connection: NasConnection,
  identity: MobileIdentity,
): Promise<string> {
  if (identity.type === 'suci') return suciText(identity);
  connection.sendPlain({ type: 'identityRequest', identityType: IdentityType.suci });
  const { message } = await connection.expect(['identityResponse'], amf.settings.guardMs);
  if (message.identity.type === 'suci') return suciText(message.identity);
  throw new NasRejection(MmCause.ueIdentityCannotBeDerived, 'the UE gives no SUCI');
}

function suciText(identity: Extract<MobileIdentity, { readonly type: 'suci' }>): string {
  const { plmn, routingIndicator, protectionScheme, homeNetworkPublicKeyId, schemeOutput } =
    identity;
  if (protectionScheme > 2) throw new NasRejection(MmCause.illegalUe, 'unknown protection scheme');
  return formatSuci({
    plmn,
    routingIndicator,
    scheme: protectionScheme as ProtectionScheme,
    homeNetworkPublicKeyId,
    schemeOutput,
  });
}

/**
 * Puts the new security context into the context of the UE. A UE that was registered over this access
 * already has lost its state, or has a clone: what was there before is released first.
 */
async function settle(
  amf: AmfEnvironment,
  connection: NasConnection,
  { supi }: Authenticated,
  security: AmfSecurityContext,
  capability: SecurityCapability,
): Promise<Admitted> {
  const existing = amf.ues.find(supi);
  if (existing !== undefined && !existing.accesses[connection.access].registered) {
    existing.securityCapability = capability;
    connection.ue = existing;
    existing.accesses[connection.access].connection = connection;
    existing.replaceSecurity(security);
    return { ue: existing, kAmfChanged: true };
  }
  if (existing !== undefined) {
    await releaseUe(amf, existing, 'the UE registered anew', connection);
  }
  const ue = new UeContext(supi, newGuti(amf), capability, security);
  connection.ue = ue;
  amf.ues.add(ue);
  return { ue, kAmfChanged: false };
}

function newGuti({ crypto, ues, settings }: AmfEnvironment): Guti {
  const octets = new Uint8Array(4);
  let tmsi: number;
  do {
    tmsi = new DataView(crypto.random.fill(octets).buffer).getUint32(0);
  } while (ues.hasTmsi(tmsi));
  return { type: 'guti', plmn: settings.plmn, amfRegionId: 1, amfSetId: 1, amfPointer: 0, tmsi };
}

function acceptFor({ settings }: AmfEnvironment, ue: UeContext) {
  const { accesses, sessions, guti } = ue;
  const access = (accesses['3gpp'].registered ? 1 : 0) | (accesses['non-3gpp'].registered ? 2 : 0);
  return {
    type: 'registrationAccept',
    result: { access, smsAllowed: false },
    guti,
    trackingAreas: [{ plmn: settings.plmn, codes: [1] }],
    allowedNssai: [settings.snssai],
    pduSessionStatus: [...sessions.keys()].reduce((bits, id) => bits | (1 << id), 0),
  } as const;
}

/** The request that came ciphered must be the one that came in clear. TS 24.501 §4.4.6 */
function checkRepeated(container: Uint8Array | undefined, request: RegistrationRequest): void {
  if (container === undefined) return;
  try {
    const repeated = decodeMm(container);
    if (
      repeated.type === 'registrationRequest' &&
      repeated.identity.type === request.identity.type
    ) {
      return;
    }
  } catch (error) {
    if (!(error instanceof NasDecodeError)) throw error;
  }
  throw new NasRejection(MmCause.semanticallyIncorrectMessage, 'another initial message');
}

/** Tells the UE why, where there is a way to tell it, and ends the connection. */
function refuse(connection: NasConnection, error: unknown): void {
  if (connection.closed) return;
  if (error instanceof AuthenticationRejected) {
    connection.sendPlain({ type: 'authenticationReject' });
  } else if (error instanceof NasRejection) {
    const reject = { type: 'registrationReject', cause: error.cause } as const;
    if (connection.security === undefined) connection.sendPlain(reject);
    else connection.send(reject);
  }
  connection.close(error instanceof Error ? error.message : 'registration failed');
}
