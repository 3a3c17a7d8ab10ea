import {
  type AtsssContainer,
  algorithmBits,
  FULL_INTEGRITY_RATE,
  MATCH_ALL,
  MaPduSessionInformation,
  MmCause,
  type MmMessage,
  NO_KEY,
  nullSchemeOutput,
  PayloadType,
  PduSessionType,
  PskContainerId,
  pskContainer,
  QosOperation,
  RegistrationKind,
  RequestType,
  ServiceType,
  SmCause,
  type SmMessage,
  SteeringFunctionality,
  TransportMode,
  type UplinkNasTransport,
} from '@mpquic/nas';
import { fromHex, Secret } from '@mpquic/wire';

const plmn = { mcc: '001', mnc: '01' };
const ngKsi = { mapped: false, value: 1 };
const noKey = { mapped: false, value: NO_KEY };
const suci = {
  type: 'suci',
  plmn,
  routingIndicator: '0',
  protectionScheme: 0,
  homeNetworkPublicKeyId: 0,
  schemeOutput: nullSchemeOutput('0123456789'),
} as const;
const profileA = {
  ...suci,
  routingIndicator: '1234',
  protectionScheme: 1,
  homeNetworkPublicKeyId: 27,
  schemeOutput: new Uint8Array(45).fill(0x5a),
} as const;
const temporary = { amfSetId: 1, amfPointer: 2, tmsi: 0xdeadbeef } as const;
const guti = { type: 'guti', plmn, amfRegionId: 0x80, ...temporary } as const;
const stmsi = { type: 'stmsi', ...temporary } as const;
const imeisv = { type: 'imeisv', digits: '4901542032375182' } as const;
const securityCapability = {
  encryption: algorithmBits(0, 2),
  integrity: algorithmBits(0, 2),
  rest: Uint8Array.of(algorithmBits(0, 2), algorithmBits(0, 2)),
};
const slices = [{ sst: 1 }, { sst: 1, sd: '010203' }];
const trackingAreas = [{ plmn, codes: [1, 2] }];

/** Every 5GMM message, with every optional element somewhere. */
export const MM_CORPUS: readonly MmMessage[] = [
  {
    type: 'registrationRequest',
    registrationType: { kind: RegistrationKind.initial, followOnRequestPending: true },
    ngKsi: noKey,
    identity: suci,
    capability: Uint8Array.of(0),
    securityCapability,
    requestedNssai: slices,
  },
  {
    type: 'registrationRequest',
    registrationType: { kind: RegistrationKind.initial, followOnRequestPending: false },
    ngKsi: noKey,
    identity: profileA,
    securityCapability: { encryption: 0xa0, integrity: 0x20 },
  },
  {
    type: 'registrationRequest',
    registrationType: { kind: RegistrationKind.initial, followOnRequestPending: false },
    ngKsi: noKey,
    identity: { type: 'suciNai', nai: 'type1.rid0.schid0.userid0@example.org' },
  },
  {
    type: 'registrationRequest',
    registrationType: { kind: RegistrationKind.mobilityUpdate, followOnRequestPending: false },
    ngKsi,
    identity: guti,
    nonCurrentNgKsi: { mapped: false, value: 2 },
    lastVisitedTrackingArea: { plmn: { mcc: '234', mnc: '015' }, codes: [0x123456] },
    uplinkDataStatus: 0x0020,
    pduSessionStatus: 0x2020,
    additionalGuti: guti,
    messageContainer: fromHex('7e004179000d0100f110f0ff00001032547698'),
  },
  {
    type: 'registrationAccept',
    result: { access: 1, smsAllowed: false },
    guti,
    trackingAreas,
    allowedNssai: slices,
    configuredNssai: [{ sst: 1, sd: '010203', mappedSst: 2, mappedSd: 'ffffff' }],
    networkFeatures: Uint8Array.of(0x01, 0x00),
    pduSessionStatus: 0x0020,
    reactivationResult: 0,
    t3512: 0x4a,
    non3gppDeregistrationTimer: 0x2c,
    t3502: 0x2c,
  },
  { type: 'registrationComplete' },
  { type: 'registrationReject', cause: MmCause.plmnNotAllowed, t3346: 0x21, t3502: 0x2c },
  {
    type: 'authenticationRequest',
    ngKsi,
    abba: Uint8Array.of(0, 0),
    rand: new Uint8Array(16).fill(0x23),
    autn: fromHex('55f328b43577b9b94a9ffac354dfafb3'),
  },
  { type: 'authenticationResponse', resStar: new Uint8Array(16).fill(0x42) },
  {
    type: 'authenticationResult',
    ngKsi,
    eapMessage: fromHex('03010004'),
    abba: Uint8Array.of(0, 0),
  },
  { type: 'authenticationFailure', cause: MmCause.macFailure },
  { type: 'authenticationFailure', cause: MmCause.synchFailure, auts: new Uint8Array(14).fill(9) },
  { type: 'authenticationReject' },
  { type: 'authenticationReject', eapMessage: fromHex('04010004') },
  { type: 'identityRequest', identityType: 1 },
  { type: 'identityResponse', identity: suci },
  { type: 'identityResponse', identity: stmsi },
  { type: 'identityResponse', identity: imeisv },
  { type: 'identityResponse', identity: { type: 'imei', digits: '490154203237518' } },
  { type: 'identityResponse', identity: { type: 'none' } },
  {
    type: 'securityModeCommand',
    algorithms: { encryption: 2, integrity: 2 },
    ngKsi,
    replayedCapability: securityCapability,
    imeisvRequested: true,
    additionalInformation: { retransmitInitialMessage: true, horizontalDerivation: false },
    abba: Uint8Array.of(0, 0),
  },
  { type: 'securityModeComplete' },
  {
    type: 'securityModeComplete',
    imeisv,
    messageContainer: fromHex('7e004179000d0100f110f0ff00001032547698'),
  },
  { type: 'securityModeReject', cause: MmCause.ueSecurityCapabilitiesMismatch },
  {
    type: 'serviceRequest',
    ngKsi,
    serviceType: ServiceType.data,
    identity: stmsi,
    uplinkDataStatus: 0x0020,
    pduSessionStatus: 0x0020,
    allowedPduSessionStatus: 0x0020,
    messageContainer: fromHex('7e004c110007f4004200000001'),
  },
  { type: 'serviceAccept', pduSessionStatus: 0x0020, reactivationResult: 0 },
  { type: 'serviceReject', cause: MmCause.congestion, pduSessionStatus: 0, t3346: 0x21 },
  { type: 'notification', accessType: 2 },
  { type: 'notificationResponse', pduSessionStatus: 0x0020 },
  {
    type: 'deregistrationRequestFromUe',
    deregistrationType: { access: 1, reregistrationRequired: false, switchOff: true },
    ngKsi,
    identity: guti,
  },
  { type: 'deregistrationAcceptToUe' },
  {
    type: 'deregistrationRequestToUe',
    deregistrationType: { access: 3, reregistrationRequired: true, switchOff: false },
    cause: MmCause.implicitlyDeregistered,
    t3346: 0x21,
  },
  { type: 'deregistrationAcceptFromUe' },
  {
    type: 'configurationUpdateCommand',
    indication: 1,
    guti,
    trackingAreas,
    allowedNssai: slices,
    configuredNssai: slices,
  },
  { type: 'configurationUpdateComplete' },
  { type: 'mmStatus', cause: MmCause.messageTypeNonExistent },
  {
    type: 'downlinkNasTransport',
    payloadType: PayloadType.n1Sm,
    payload: fromHex('2e0501d61f'),
    pduSessionId: 5,
    additionalInformation: Uint8Array.of(1, 2),
    cause: MmCause.payloadWasNotForwarded,
    backOffTimer: 0x21,
  },
];

const header = { pduSessionId: 5, procedureTransactionId: 1 } as const;

const atsss: AtsssContainer = {
  rules: [
    {
      identifier: 1,
      precedence: 10,
      trafficDescriptor: [
        { type: 'protocol', protocol: 17 },
        { type: 'remoteIpv4', address: '192.0.2.0', mask: '255.255.255.0' },
        { type: 'remotePort', port: 443 },
      ],
      functionality: SteeringFunctionality.mpquicUdp,
      mode: { type: 'activeStandby', active: '3gpp', standby: 'non-3gpp' },
      transportMode: TransportMode.datagramMode2,
      thresholds: { maximumRtt: 200, maximumLossRate: 5 },
    },
    {
      identifier: 2,
      precedence: 20,
      trafficDescriptor: [
        { type: 'remoteIpv6', address: '2001:db8::', prefixLength: 32 },
        { type: 'remotePortRange', low: 5000, high: 6000 },
        { type: 'typeOfService', value: 0x28, mask: 0xfc },
      ],
      functionality: SteeringFunctionality.mpquicIp,
      mode: { type: 'loadBalancing', sharePercent3gpp: 70 },
      transportMode: TransportMode.stream,
    },
    {
      identifier: 3,
      precedence: 30,
      trafficDescriptor: [{ type: 'fqdn', name: 'video.example.org' }],
      functionality: SteeringFunctionality.atsssLowLayer,
      mode: { type: 'priorityBased', high: 'non-3gpp' },
    },
    {
      identifier: 4,
      precedence: 255,
      trafficDescriptor: [{ type: 'matchAll' }],
      functionality: SteeringFunctionality.uesSupported,
      mode: { type: 'smallestDelay' },
    },
  ],
  networkSteering: {
    ueAddress3gpp: { ipv4: '10.45.0.2' },
    ueAddressNon3gpp: { ipv4: '10.46.0.2', ipv6: '2001:db8:46::2' },
    mptcpProxies: [{ ipv4: '198.51.100.1', port: 1080, proxyType: 1 }],
    mpquicProxies: [{ ipv4: '198.51.100.1', ipv6: '2001:db8::1', port: 4433, proxyType: 1 }],
  },
  measurementAssistance: {
    address: { ipv4: '198.51.100.1' },
    port3gpp: 5001,
    portNon3gpp: 5002,
    reportAvailability: true,
  },
};

const indication = pskContainer(PskContainerId.indication, {
  plmn,
  usingPsk: true,
  solution: '4',
  variant: 'stored-count',
  pskMode: 1,
  smfInstanceId: '2f1b7d3e-3a51-4c8c-8a3c-1f0a5f6f7d10',
  upfId: 'upf-1.example.org',
  count: 7,
  random: new Uint8Array(16).fill(0x11),
  kid: new Uint8Array(33).fill(0x22),
  generation: 2,
  lifetime: 3600,
});
const capability = pskContainer(PskContainerId.capability, { plmn, solutions: ['1', '5', 'Y'] });
const keyDelivery = pskContainer(PskContainerId.keyDelivery, {
  plmn,
  solution: '6',
  psk: new Secret(new Uint8Array(32).fill(0x33)),
  kid: new Uint8Array(16).fill(0x44),
});
const renewal = pskContainer(PskContainerId.renewalRequest, { plmn, solution: '6', generation: 1 });

const ambr = { downlinkKbps: 1_000_000, uplinkKbps: 500_000 };
const defaultRule = {
  identifier: 1,
  operation: QosOperation.create,
  isDefault: true,
  filters: [{ identifier: 0, direction: 3, components: MATCH_ALL }],
  precedence: 255,
  qfi: 1,
};
const flow = { qfi: 1, operation: 1, fiveQi: 9 };

/** Every 5GSM message, with every optional element somewhere. */
export const SM_CORPUS: readonly SmMessage[] = [
  {
    type: 'establishmentRequest',
    ...header,
    integrityProtectionRate: FULL_INTEGRITY_RATE,
    pduSessionType: PduSessionType.ipv4,
    sscMode: 1,
    capability: {
      reflectiveQos: false,
      multiHomedIpv6: false,
      atsssSteering: 3,
      mptcp: false,
      mpquicUdp: true,
      mpquicIp: true,
      mpquicEthernet: true,
      atsssLowLayer: 2,
    },
    alwaysOnRequested: true,
    configuration: [
      { identifier: 0x000d, content: new Uint8Array(0) },
      { identifier: 0x000a, content: new Uint8Array(0) },
      capability,
    ],
  },
  {
    type: 'establishmentAccept',
    ...header,
    pduSessionType: PduSessionType.ipv4,
    sscMode: 1,
    qosRules: [defaultRule],
    sessionAmbr: ambr,
    cause: SmCause.ipv4OnlyAllowed,
    pduAddress: { ipv4: '10.47.0.2' },
    snssai: { sst: 1, sd: '010203' },
    alwaysOn: false,
    qosFlows: [flow],
    configuration: [{ identifier: 0x000d, content: Uint8Array.of(192, 0, 2, 53) }, indication],
    dnn: 'internet.mnc001.mcc001.gprs',
    atsss,
  },
  {
    type: 'establishmentAccept',
    ...header,
    pduSessionType: PduSessionType.ipv4v6,
    sscMode: 1,
    qosRules: [defaultRule],
    sessionAmbr: ambr,
    pduAddress: { ipv4: '10.47.0.3', interfaceIdentifier: '0011223344556677' },
    dnn: 'internet',
  },
  {
    type: 'establishmentReject',
    ...header,
    cause: SmCause.serviceOptionNotSubscribed,
    backOffTimer: 0x21,
    allowedSscMode: 1,
    configuration: [],
  },
  {
    type: 'modificationRequest',
    ...header,
    cause: SmCause.regularDeactivation,
    configuration: [renewal],
  },
  { type: 'modificationReject', ...header, cause: SmCause.ptiAlreadyInUse, backOffTimer: 0x21 },
  {
    type: 'modificationCommand',
    ...header,
    procedureTransactionId: 0,
    sessionAmbr: ambr,
    qosRules: [
      {
        identifier: 1,
        operation: QosOperation.modifyDeletingFilters,
        isDefault: false,
        filters: [{ identifier: 3, direction: 0, components: new Uint8Array(0) }],
        precedence: 200,
        qfi: 1,
      },
      { identifier: 2, operation: QosOperation.delete, isDefault: false, filters: [] },
    ],
    qosFlows: [flow, { qfi: 2, operation: 2 }],
    configuration: [keyDelivery],
    atsss,
  },
  { type: 'modificationComplete', ...header, configuration: [] },
  { type: 'modificationCommandReject', ...header, cause: SmCause.ptiMismatch },
  { type: 'releaseRequest', ...header, cause: SmCause.regularDeactivation },
  { type: 'releaseReject', ...header, cause: SmCause.ptiMismatch },
  { type: 'releaseCommand', ...header, cause: SmCause.regularDeactivation, accessType: 2 },
  { type: 'releaseComplete', ...header },
  { type: 'smStatus', ...header, cause: SmCause.invalidPtiValue },
];

/** The uplink transport that carries a 5GSM message of the UE in a multi-access session. */
export function carriedUp(payload: Uint8Array): UplinkNasTransport {
  return {
    type: 'uplinkNasTransport',
    payloadType: PayloadType.n1Sm,
    payload,
    pduSessionId: 5,
    oldPduSessionId: 4,
    requestType: RequestType.maPduRequest,
    snssai: { sst: 1, sd: '010203' },
    dnn: 'internet',
    additionalInformation: Uint8Array.of(1),
    maPduSessionInformation: MaPduSessionInformation.upgradeAllowed,
  };
}
