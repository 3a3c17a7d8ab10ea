import {
  PfcpCause,
  PfcpInterface,
  type PfcpMessage,
  PfcpPriority,
  PfcpSteeringFunctionality,
  PfcpSteeringMode,
  PfcpTransportMode,
  type PskDelivery,
} from '@mpquic/pfcp';
import { Secret } from '@mpquic/wire';

const smf = { type: 'fqdn', name: 'smf-1.example.org' } as const;
const upf = { type: 'ipv4', address: '127.0.0.8' } as const;
const recoveryTimeStamp = 3_900_000_000;
const seid = 0xfedc_ba98_7654_3210n;
const cpFSeid = { seid: 1n, ipv4: '127.0.0.7' };

const delivery: PskDelivery = {
  kid: new Uint8Array(33).fill(0x22),
  psk: new Secret(new Uint8Array(32).fill(0x33)),
  flags: { operation: 'add', keepOldUntilUsed: false },
  solution: '4',
  hash: 'sha256',
  lifetime: 3600,
  generation: 1,
  mode: 'imported',
  importContext: Uint8Array.of(1, 4, 5),
};

const uplink = {
  pdrId: 1,
  precedence: 100,
  pdi: {
    sourceInterface: PfcpInterface.access,
    localFTeid: { choose: 'both', chooseId: 1 },
    networkInstance: 'internet',
    ueIpAddress: { ipv4: '10.47.0.2' },
    sdfFilters: ['permit out 17 from any to assigned'],
    qfis: [1, 2],
  },
  outerHeaderRemoval: 6,
  farId: 1,
} as const;
const downlink = {
  pdrId: 2,
  precedence: 100,
  pdi: {
    sourceInterface: PfcpInterface.core,
    localFTeid: { teid: 0xdeadbeef, ipv4: '127.0.0.8', ipv6: '2001:db8::8' },
    ueIpAddress: { ipv4: '10.47.0.2', ipv6: '2001:db8:47::2', isDestination: true },
  },
  marId: 1,
} as const;
const mar = {
  marId: 1,
  steeringFunctionality: PfcpSteeringFunctionality.mpquic,
  steeringMode: PfcpSteeringMode.loadBalancing,
  access3gpp: { farId: 2, weight: 70, priority: PfcpPriority.active },
  accessNon3gpp: { farId: 3, weight: 30, priority: PfcpPriority.standby },
  thresholds: { rtt: 200, packetLossRate: 5 },
  steeringModeIndicator: ['autonomousLoadBalance'],
  transportMode: PfcpTransportMode.datagramMode2,
} as const;
const linkSpecificAddress = {
  ipv4: '10.45.0.2',
  ipv6: '2001:db8:45::2',
  nonThreeGppIpv4: '10.46.0.2',
  nonThreeGppIpv6: '2001:db8:46::2',
};
const atsssParameters = {
  mptcp: {
    proxy: { proxyType: 0, port: 1080, ipv4: '198.51.100.1', ipv6: '2001:db8::1' },
    linkSpecificAddress,
  },
  atsssLowLayer: { information: ['lli'] },
  pmf: { address: { ipv4: '198.51.100.1', port3gpp: 5001, portNon3gpp: 5002 } },
  mpquic: [
    {
      proxy: { proxyType: 0, port: 4433, ipv4: '198.51.100.1', ipv6: '2001:db8::1' },
      linkSpecificAddress,
    },
  ],
} as const;

/** Every message, with every element somewhere. */
export const PFCP_CORPUS: readonly PfcpMessage[] = [
  { type: 'heartbeatRequest', sequenceNumber: 1, recoveryTimeStamp },
  { type: 'heartbeatResponse', sequenceNumber: 1, recoveryTimeStamp },
  {
    type: 'associationSetupRequest',
    sequenceNumber: 2,
    nodeId: smf,
    recoveryTimeStamp,
    cpFunctionFeatures: ['load', 'sset'],
  },
  {
    type: 'associationSetupResponse',
    sequenceNumber: 2,
    nodeId: upf,
    cause: PfcpCause.requestAccepted,
    recoveryTimeStamp,
    upFunctionFeatures: ['ftup', 'ueip', 'mptcp', 'atsssLl'],
  },
  {
    type: 'associationUpdateRequest',
    sequenceNumber: 3,
    nodeId: { type: 'ipv6', address: '2001:db8::8' },
    upFunctionFeatures: ['ftup'],
    cpFunctionFeatures: ['ovrl'],
    releaseRequest: ['sarr'],
  },
  {
    type: 'associationUpdateResponse',
    sequenceNumber: 3,
    nodeId: smf,
    cause: PfcpCause.requestAccepted,
  },
  { type: 'associationReleaseRequest', sequenceNumber: 4, nodeId: smf },
  {
    type: 'associationReleaseResponse',
    sequenceNumber: 4,
    nodeId: upf,
    cause: PfcpCause.mandatoryIeMissing,
    offendingIe: 60,
  },
  { type: 'versionNotSupportedResponse', sequenceNumber: 5 },
  { type: 'sessionSetDeletionRequest', sequenceNumber: 6, nodeId: smf },
  {
    type: 'sessionSetDeletionResponse',
    sequenceNumber: 6,
    nodeId: upf,
    cause: PfcpCause.requestAccepted,
  },
  {
    type: 'sessionEstablishmentRequest',
    sequenceNumber: 7,
    seid: 0n,
    nodeId: smf,
    cpFSeid,
    createPdrs: [uplink, downlink],
    createFars: [
      {
        farId: 1,
        applyAction: ['forw'],
        forwardingParameters: {
          destinationInterface: PfcpInterface.core,
          networkInstance: 'internet',
        },
      },
      {
        farId: 2,
        applyAction: ['forw', 'dupl'],
        forwardingParameters: {
          destinationInterface: PfcpInterface.access,
          outerHeaderCreation: { teid: 0x01020304, ipv4: '127.0.0.2' },
        },
      },
      { farId: 3, applyAction: ['drop'] },
    ],
    createMars: [mar],
    pdnType: 1,
    userId: {
      imsi: '001010123456789',
      imei: '490154203237518',
      msisdn: '491701234567',
      nai: 'user@example.org',
      supi: 'imsi-001010123456789',
      gpsi: 'msisdn-491701234567',
      pei: 'imei-490154203237518',
    },
    atsssControl: {
      mptcp: ['tci'],
      atsssLowLayer: ['lli'],
      pmf: ['pmfi', 'drtti'],
      mpquic: ['cudp', 'cip'],
    },
    pskDeliveries: [delivery],
  },
  {
    type: 'sessionEstablishmentResponse',
    sequenceNumber: 7,
    seid: 1n,
    nodeId: upf,
    cause: PfcpCause.requestAccepted,
    upFSeid: { seid, ipv4: '127.0.0.8', ipv6: '2001:db8::8' },
    createdPdrs: [
      { pdrId: 1, localFTeid: { teid: 7, ipv4: '127.0.0.8' }, ueIpAddress: { ipv4: '10.47.0.2' } },
    ],
    atsssParameters,
  },
  {
    type: 'sessionEstablishmentResponse',
    sequenceNumber: 8,
    seid: 1n,
    nodeId: upf,
    cause: PfcpCause.ruleCreationModificationFailure,
    offendingIe: 165,
    failedRule: { ruleType: 5, identifier: 513 },
  },
  {
    type: 'sessionModificationRequest',
    sequenceNumber: 9,
    seid,
    cpFSeid,
    removePdrs: [{ pdrId: 3 }],
    removeFars: [{ farId: 4 }],
    removeMars: [{ marId: 2 }],
    createPdrs: [uplink],
    createFars: [{ farId: 5, applyAction: ['buff', 'nocp'] }],
    createMars: [{ ...mar, marId: 3 }],
    updatePdrs: [
      {
        pdrId: 1,
        outerHeaderRemoval: 0,
        precedence: 50,
        pdi: { sourceInterface: PfcpInterface.access },
        farId: 5,
      },
      { pdrId: 2, marId: 3 },
    ],
    updateFars: [
      {
        farId: 2,
        applyAction: ['forw'],
        updateForwardingParameters: {
          outerHeaderCreation: { teid: 9, ipv6: '2001:db8::2' },
        },
      },
    ],
    updateMars: [
      {
        marId: 1,
        steeringFunctionality: PfcpSteeringFunctionality.mpquic,
        steeringMode: PfcpSteeringMode.redundant,
        updateAccess3gpp: { weight: 50 },
        updateAccessNon3gpp: { farId: 5, weight: 50, priority: PfcpPriority.high },
        access3gpp: { farId: 2 },
        transportMode: PfcpTransportMode.stream,
      },
    ],
    flags: ['drobu'],
    atsssControl: { mpquic: ['cudp', 'ceth'] },
    pskDeliveries: [
      { ...delivery, flags: { operation: 'replace', keepOldUntilUsed: true }, hash: 'sha384' },
      { kid: Uint8Array.of(1, 2), flags: { operation: 'delete', keepOldUntilUsed: false } },
    ],
  },
  {
    type: 'sessionModificationResponse',
    sequenceNumber: 9,
    seid: 1n,
    cause: PfcpCause.requestAccepted,
    createdPdrs: [{ pdrId: 1 }],
    atsssParameters,
  },
  { type: 'sessionDeletionRequest', sequenceNumber: 10, seid },
  {
    type: 'sessionDeletionResponse',
    sequenceNumber: 10,
    seid: 1n,
    cause: PfcpCause.sessionContextNotFound,
  },
  {
    type: 'sessionReportRequest',
    sequenceNumber: 11,
    seid: 1n,
    reportType: ['uisr'],
    flags: ['psdbu'],
    pskRequest: { kid: Uint8Array.of(1, 2), solution: '6', generation: 3 },
  },
  {
    type: 'sessionReportResponse',
    sequenceNumber: 11,
    seid,
    cause: PfcpCause.requestAccepted,
    flags: ['drobu'],
    cpFSeid,
  },
];
