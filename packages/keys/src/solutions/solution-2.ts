/** Solution #2: a PSK bound to the MA PDU session. */
import {
  deriveSessionBoundPsk,
  deriveSessionIntermediate,
  sessionBoundChoices,
  sessionBoundVariants,
} from './session-bound-psk.ts';
import type { Solution } from './solution.ts';

export const solution2: Solution = {
  id: '2',
  code: 2,
  clause: '6.2',
  title: 'PSK derivation bound with MA PDU session',
  variants: sessionBoundVariants,
  deliveries: [
    {
      name: 'with-n4-establishment',
      description: 'the SMF asks the AMF before N4 and installs the PSK with the session',
      keyRequest: 'smf_before_n4',
      installation: 'session_establishment_request',
      amfGives: 'as_variant',
    },
    {
      name: 'after-n4-establishment',
      description: 'the SMF asks once the session has an IP address and installs by modification',
      keyRequest: 'smf_after_n4',
      installation: 'session_modification_request',
      amfGives: 'as_variant',
    },
  ],
  ueSignalsCapability: false,
  ueNotice: {
    message: 'session_establishment_accept',
    indication: 'nothing in the study; the testbed adds its PSK parameters',
  },
  update: {
    trigger: 'none',
    description: 'key update on re-authentication is left for further study',
  },
  choices: [
    ...sessionBoundChoices,
    {
      topic: 'message flow',
      choice: 'the SMF asks the AMF, before N4 or, for the IP variants, after it',
      reason: 'the study describes the derivation only; delivery is Solution #3',
    },
  ],
  derive: deriveSessionBoundPsk,
  deriveIntermediate: deriveSessionIntermediate,
};
