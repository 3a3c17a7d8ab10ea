import { ABBA, deriveHresStar, deriveKAmf } from '@mpquic/keys';
import { MmCause } from '@mpquic/nas';
import { toHex, wipe } from '@mpquic/wire';
import { recordSteps } from '../key-events.ts';
import { SbiProblem } from '../sbi/problem.ts';
import { hex, object, oneOf, optional, type ShapeOf, string } from '../sbi/shape.ts';
import { type AmfEnvironment, NasRejection } from './amf-environment.ts';
import type { NasConnection } from './nas-connection.ts';

/** What a successful 5G-AKA run leaves at the AMF. */
export interface Authenticated {
  readonly supi: string;
  readonly ngKsi: number;
  /** 32 octets. */
  readonly kAmf: Uint8Array;
  /** Kept only where the configured solution starts from it. */
  readonly kSeaf: Uint8Array | undefined;
}

/** The UE answered wrongly: it gets AUTHENTICATION REJECT. */
export class AuthenticationRejected extends Error {
  readonly code = 'AUTHENTICATION_REJECTED';
  override readonly name = 'AuthenticationRejected';
}

/** UEAuthenticationCtx. TS 29.509 §6.1.6.2.3 */
const authenticationContext = object({
  authType: oneOf('5G_AKA'),
  '5gAuthData': object({ rand: hex(16), autn: hex(16), hxresStar: hex(16) }),
  _links: object({ '5g-aka': object({ href: string(/^\/nausf-auth\/v1\/[\w/-]{1,200}$/) }) }),
});

/** ConfirmationDataResponse. TS 29.509 §6.1.6.2.8 */
const confirmation = object({
  authResult: oneOf('AUTHENTICATION_SUCCESS', 'AUTHENTICATION_FAILURE'),
  supi: optional(string(/^imsi-\d{5,15}$/)),
  kseaf: optional(hex(32)),
});

interface Resynchronisation {
  readonly rand: Uint8Array;
  readonly auts: Uint8Array;
}

/**
 * Runs 5G-AKA over a connection, as SEAF. TS 33.501 §6.1.3.2.0, TS 24.501 §5.4.1.3
 * @throws {AuthenticationRejected} where the UE does not hold the key
 * @throws {NasRejection} where the home network does not serve it
 * @throws {ProcedureAborted}
 */
export async function authenticate(
  amf: AmfEnvironment,
  connection: NasConnection,
  supiOrSuci: string,
  firstNgKsi: number,
): Promise<Authenticated> {
  let resynchronisation: Resynchronisation | undefined;
  let ngKsi = firstNgKsi;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const context = await requestVector(amf, supiOrSuci, resynchronisation);
    const { rand, autn } = context['5gAuthData'];
    const request = {
      type: 'authenticationRequest',
      ngKsi: { mapped: false, value: ngKsi },
      abba: ABBA,
      rand,
      autn,
    } as const;
    if (connection.security === undefined) connection.sendPlain(request);
    else connection.send(request);
    const { message } = await connection.expect(
      ['authenticationResponse', 'authenticationFailure'],
      amf.settings.guardMs,
    );
    if (message.type === 'authenticationResponse') {
      return await confirm(amf, context, message.resStar, ngKsi);
    }
    if (message.cause === MmCause.synchFailure && message.auts !== undefined) {
      if (resynchronisation !== undefined) break;
      resynchronisation = { rand, auts: message.auts.slice() };
    } else if (message.cause === MmCause.ngKsiAlreadyInUse) {
      ngKsi = (ngKsi + 1) % 7;
    } else {
      break;
    }
  }
  amf.metrics.authentications.inc({ result: 'rejected' });
  throw new AuthenticationRejected('the UE refused the challenge');
}

/** One resynchronisation and one change of ngKSI are enough for an honest UE. */
const MAX_ATTEMPTS = 3;

async function requestVector(
  { sbi, settings }: AmfEnvironment,
  supiOrSuci: string,
  resynchronisation: Resynchronisation | undefined,
): Promise<ShapeOf<typeof authenticationContext>> {
  const resynchronizationInfo =
    resynchronisation === undefined
      ? {}
      : {
          resynchronizationInfo: {
            rand: toHex(resynchronisation.rand),
            auts: toHex(resynchronisation.auts),
          },
        };
  try {
    const { body } = await sbi.call('ausf', {
      method: 'POST',
      path: '/nausf-auth/v1/ue-authentications',
      body: {
        supiOrSuci,
        servingNetworkName: settings.servingNetworkName,
        ...resynchronizationInfo,
      },
    });
    return authenticationContext.read(body, '');
  } catch (error) {
    throw refusalOf(error);
  }
}

/** SEAF checks HRES*, the AUSF checks RES*; only then SUPI and K_SEAF are known. */
async function confirm(
  amf: AmfEnvironment,
  context: ShapeOf<typeof authenticationContext>,
  resStar: Uint8Array | undefined,
  ngKsi: number,
): Promise<Authenticated> {
  const { crypto, events, metrics, sbi, settings } = amf;
  const { rand, hxresStar } = context['5gAuthData'];
  const answered =
    resStar !== undefined && crypto.equal(deriveHresStar(crypto, rand, resStar), hxresStar);
  if (!answered) {
    metrics.authentications.inc({ result: 'rejected' });
    throw new AuthenticationRejected('RES* is wrong');
  }
  const { body } = await sbi.call('ausf', {
    method: 'PUT',
    path: context._links['5g-aka'].href,
    body: { resStar: toHex(resStar) },
  });
  const { authResult, supi, kseaf } = confirmation.read(body, '');
  if (authResult !== 'AUTHENTICATION_SUCCESS' || supi === undefined || kseaf === undefined) {
    metrics.authentications.inc({ result: 'rejected' });
    throw new AuthenticationRejected('the home network refuses RES*');
  }
  const step = deriveKAmf(crypto, kseaf, supi);
  recordSteps(events, 'amf', [step]);
  metrics.authentications.inc({ result: 'success' });
  const keepsKSeaf = settings.selected.variant.rootKey === 'K_SEAF';
  if (!keepsKSeaf) wipe(kseaf);
  return { supi, ngKsi, kAmf: step.value, kSeaf: keepsKSeaf ? kseaf : undefined };
}

/** Why the home network gave no vector, as a reject cause for the UE. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof SbiProblem)) return error;
  if (error.problem === 'AUTHENTICATION_REJECTED') return new AuthenticationRejected(error.message);
  const cause =
    error.status === 404 || error.status === 501 ? MmCause.illegalUe : MmCause.congestion;
  return new NasRejection(cause, error.message);
}
