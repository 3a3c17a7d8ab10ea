import { PfcpCause, type PfcpRequest, type PfcpResponse } from '@mpquic/pfcp';
import { type Address, sameAddress } from '@mpquic/wire';
import type { N4Endpoint } from './n4-endpoint.ts';
import type { Smf } from './smf.ts';
import type { UpfAssociation } from './upf-association.ts';
import type { UpfSet } from './upf-set.ts';

/** Answers what UPFs ask of the SMF: reports, and changes of the association. TS 29.244 §6.2, §6.3.5 */
export async function serveUpf(
  smf: Smf,
  upfs: UpfSet,
  endpoint: N4Endpoint,
  recoveryTimeStamp: number,
  request: PfcpRequest,
  peer: Address,
): Promise<PfcpResponse> {
  const { sequenceNumber } = request;
  const association = upfs.associations.find(({ address }) => sameAddress(address, peer));
  const cause =
    association === undefined ? PfcpCause.noEstablishedAssociation : PfcpCause.requestAccepted;
  const { nodeId } = endpoint;
  switch (request.type) {
    case 'associationSetupRequest':
      association?.heard(request.recoveryTimeStamp);
      return { type: 'associationSetupResponse', sequenceNumber, nodeId, cause, recoveryTimeStamp };
    case 'associationUpdateRequest':
      return { type: 'associationUpdateResponse', sequenceNumber, nodeId, cause };
    case 'associationReleaseRequest':
      association?.released();
      return { type: 'associationReleaseResponse', sequenceNumber, nodeId, cause };
    case 'sessionSetDeletionRequest':
      association?.released();
      return { type: 'sessionSetDeletionResponse', sequenceNumber, nodeId, cause };
    case 'sessionReportRequest':
      return await report(smf, upfs, association, request);
    case 'heartbeatRequest':
      return { type: 'heartbeatResponse', sequenceNumber, recoveryTimeStamp };
    case 'sessionEstablishmentRequest':
      // A CP function serves no sessions of its own. TS 29.244 §7.6.7
      return {
        type: 'sessionEstablishmentResponse',
        sequenceNumber,
        seid: request.cpFSeid.seid,
        nodeId,
        cause: PfcpCause.serviceNotSupported,
      };
    case 'sessionModificationRequest':
      return {
        type: 'sessionModificationResponse',
        sequenceNumber,
        seid: 0n,
        cause: PfcpCause.sessionContextNotFound,
      };
    case 'sessionDeletionRequest':
      return {
        type: 'sessionDeletionResponse',
        sequenceNumber,
        seid: 0n,
        cause: PfcpCause.sessionContextNotFound,
      };
  }
}

async function report(
  smf: Smf,
  upfs: UpfSet,
  association: UpfAssociation | undefined,
  request: Extract<PfcpRequest, { readonly type: 'sessionReportRequest' }>,
): Promise<PfcpResponse> {
  const { sequenceNumber, seid } = request;
  // A report counts only from the UPF that the session is with.
  const n4 = association === undefined ? undefined : upfs.find(seid);
  const own = n4?.association === association ? n4 : undefined;
  const cause = await smf.report(own, request);
  return {
    type: 'sessionReportResponse',
    sequenceNumber,
    seid: own?.remoteSeid ?? 0n,
    cause,
  };
}
