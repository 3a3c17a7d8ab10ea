import {
  decodeSm,
  type EstablishmentRequest,
  findPskParameters,
  NasDecodeError,
  PduSessionType,
  PskContainerId,
  SmCause,
  type SmMessage,
} from '@mpquic/nas';
import { SbiProblem } from '../sbi/problem.ts';
import { boolean, object, optional, type Shape } from '../sbi/shape.ts';
import { SessionRejection, type SmfEnvironment } from './smf-environment.ts';

/** A 5GSM message, or the rejection that answers it. @throws {SessionRejection} */
export function decodeN1(bytes: Uint8Array): SmMessage {
  try {
    return decodeSm(bytes);
  } catch (error) {
    if (!(error instanceof NasDecodeError)) throw error;
    throw new SessionRejection(error.cause ?? SmCause.protocolErrorUnspecified, error.message);
  }
}

/** What the network does not offer is refused before anything is set up. TS 24.501 §6.4.1.4 */
export function checkRequest(request: SmMessage, pduSessionId: number): EstablishmentRequest {
  if (request.type !== 'establishmentRequest') {
    throw new SessionRejection(SmCause.pduSessionDoesNotExist, 'no such PDU session');
  }
  if (request.pduSessionId !== pduSessionId) {
    throw new SessionRejection(SmCause.invalidPduSessionIdentity, 'two PDU session IDs');
  }
  const { procedureTransactionId, pduSessionType, sscMode } = request;
  if (procedureTransactionId < 1 || procedureTransactionId > 254) {
    throw new SessionRejection(SmCause.invalidPtiValue, 'PTI out of range');
  }
  if (pduSessionType === PduSessionType.ipv6) {
    throw new SessionRejection(SmCause.ipv4OnlyAllowed, 'only IPv4');
  }
  if (
    pduSessionType === PduSessionType.ethernet ||
    pduSessionType === PduSessionType.unstructured
  ) {
    throw new SessionRejection(SmCause.unknownPduSessionType, 'only IPv4');
  }
  if (sscMode !== undefined && sscMode !== SSC_MODE_1) {
    throw new SessionRejection(SmCause.notSupportedSscMode, 'only SSC mode 1');
  }
  return request;
}

/** Whether the UE can do MPQUIC, and a PSK for it where the solution has the UE say so. */
export function choosesMpquic(
  { settings }: SmfEnvironment,
  { capability, configuration }: EstablishmentRequest,
): boolean {
  if (capability?.mpquicUdp !== true && capability?.mpquicIp !== true) return false;
  const { solution } = settings.selected;
  if (!solution.ueSignalsCapability) return true;
  const parameters = findPskParameters(configuration, PskContainerId.capability);
  return parameters?.solutions?.includes(solution.id) === true;
}

/** SessionManagementSubscriptionData, as far as it matters here. TS 29.503 §6.1.6.2.8 */
const subscription = object({ dnnConfigurations: mapping() });
const dnnConfiguration = object({ atsssAllowed: optional(boolean) });

/** @throws {SessionRejection} where the subscription does not allow the session */
export async function checkSubscription(
  { sbi }: SmfEnvironment,
  supi: string,
  dnn: string,
  multiAccess: boolean,
): Promise<void> {
  const { body } = await sbi.call('udm', { method: 'GET', path: `/nudm-sdm/v2/${supi}/sm-data` });
  const [data] = Array.isArray(body) ? body : [];
  const configurations = subscription.read(data, '').dnnConfigurations;
  if (!Object.hasOwn(configurations, dnn)) {
    throw new SessionRejection(SmCause.missingOrUnknownDnn, `no subscription for ${dnn}`);
  }
  const { atsssAllowed } = dnnConfiguration.read(configurations[dnn], `/${dnn}`);
  if (multiAccess && atsssAllowed !== true) {
    throw new SessionRejection(
      SmCause.serviceOptionNotSubscribed,
      'the subscription allows no MA PDU session',
    );
  }
}

/** Any failure on the way as the rejection that the UE is told. */
export function rejectionOf(error: unknown): SessionRejection {
  if (error instanceof SessionRejection) return error;
  const reason = error instanceof Error ? error.message : 'unexpected failure';
  if (error instanceof SbiProblem && error.problem === 'USER_NOT_FOUND') {
    return new SessionRejection(SmCause.userAuthenticationFailed, reason);
  }
  if (error instanceof SbiProblem && error.problem === 'SOLUTION_NOT_APPLICABLE') {
    return new SessionRejection(SmCause.serviceOptionNotSupported, reason);
  }
  return new SessionRejection(SmCause.networkFailure, reason);
}

function mapping(): Shape<Record<string, unknown>> {
  return {
    read(value, path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new SbiProblem(400, 'MANDATORY_IE_INCORRECT', `${path} is not an object`);
      }
      return value as Record<string, unknown>;
    },
  };
}

const SSC_MODE_1 = 1;
