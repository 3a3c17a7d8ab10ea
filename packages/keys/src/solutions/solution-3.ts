/** Solution #3: four moments to hand over the key and two to install it; derived as in #2. */
import {
  deriveSessionBoundPsk,
  deriveSessionIntermediate,
  sessionBoundChoices,
  sessionBoundVariants,
} from './session-bound-psk.ts';
import type { Delivery, Solution } from './solution.ts';

type KeyMoment = Pick<Delivery, 'name' | 'description' | 'keyRequest' | 'amfGives'>;
type InstallMoment = Pick<
  Delivery,
  'name' | 'description' | 'installation' | 'installsAfterAccept'
>;

const keyMoments: readonly KeyMoment[] = [
  {
    name: 'smf-request-at-6',
    description: 'the SMF asks the AMF or SEAF at step 6',
    keyRequest: 'smf_after_n4',
    amfGives: 'as_variant',
  },
  {
    name: 'smf-request-at-12',
    description: 'the SMF asks at step 12, after the UE has its Accept',
    keyRequest: 'smf_after_accept',
    amfGives: 'as_variant',
  },
  {
    name: 'amf-psk-at-2',
    description: 'the AMF adds the derived PSK at step 2',
    keyRequest: 'amf_with_create_sm_context',
    amfGives: 'psk',
  },
  {
    name: 'amf-root-at-2',
    description: 'the AMF adds the root key K_SMF at step 2',
    keyRequest: 'amf_with_create_sm_context',
    amfGives: 'K_SMF',
  },
];

const installMoments: readonly InstallMoment[] = [
  {
    name: 'n4-modification-at-13',
    description: 'the UPF gets it at step 13',
    installation: 'session_modification_request',
    installsAfterAccept: true,
  },
  {
    name: 'n4-establishment-at-5',
    description: 'the UPF gets it at step 5',
    installation: 'session_establishment_request',
  },
];

export const solution3: Solution = {
  id: '3',
  code: 3,
  clause: '6.3',
  title: 'PSK delivery during MA PDU session establishment',
  variants: sessionBoundVariants,
  // Not every combination is possible: deliveryObstacle says why.
  deliveries: keyMoments.flatMap((key) =>
    installMoments.map((install) => ({
      ...key,
      ...install,
      name: `${key.name}+${install.name}`,
      description: `${key.description}; ${install.description}`,
    })),
  ),
  ueSignalsCapability: false,
  ueNotice: {
    message: 'session_establishment_accept',
    indication: 'ATSSS rules with link-specific addresses and MPQUIC proxy information (step 10a)',
  },
  update: {
    trigger: 'none',
    description: 'key update on re-authentication is left for further study',
  },
  choices: [
    ...sessionBoundChoices,
    {
      topic: 'race of steps 10a and 13',
      choice: 'the UE may start before the UPF has the key; the UPF drops, rejects or holds as set',
      reason: 'the study lets the UE derive at 10a and installs at 13',
    },
  ],
  derive: deriveSessionBoundPsk,
  deriveIntermediate: deriveSessionIntermediate,
};
