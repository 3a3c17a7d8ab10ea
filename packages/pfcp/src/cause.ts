/** Cause values. TS 29.244 §8.2.1 */
export const PfcpCause = {
  requestAccepted: 1,
  moreUsageReportToSend: 2,
  requestPartiallyAccepted: 3,
  requestRejected: 64,
  sessionContextNotFound: 65,
  mandatoryIeMissing: 66,
  conditionalIeMissing: 67,
  invalidLength: 68,
  mandatoryIeIncorrect: 69,
  invalidForwardingPolicy: 70,
  invalidFTeidAllocationOption: 71,
  noEstablishedAssociation: 72,
  ruleCreationModificationFailure: 73,
  entityInCongestion: 74,
  noResourcesAvailable: 75,
  serviceNotSupported: 76,
  systemFailure: 77,
  redirectionRequested: 78,
  allDynamicAddressesOccupied: 79,
} as const;
export type PfcpCause = (typeof PfcpCause)[keyof typeof PfcpCause];

/** The name of a cause, or its number. */
export function pfcpCauseName(cause: number): string {
  return Object.entries(PfcpCause).find(([, value]) => value === cause)?.[0] ?? `cause ${cause}`;
}
