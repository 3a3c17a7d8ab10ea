/** Solution #Y: a PSK and its identifier, provisioned at UE and UPF by other means. */
import { UsageError } from '@mpquic/wire';
import { keyOf } from './derivation-inputs.ts';
import type { Solution, SolutionVariant } from './solution.ts';

function variant(
  name: string,
  description: string,
  ueParameters: SolutionVariant['ueParameters'] = [],
): SolutionVariant {
  return { name, description, rootKey: 'PSK', inputs: ['kid'], ueParameters };
}

export const solutionY: Solution = {
  id: 'Y',
  code: 0x59,
  clause: '6.Y',
  title: 'Using pre-configured PSK to establish the security of MPQUIC',
  variants: [
    // By its identity the UE finds the PSK of the UPF that was selected.
    variant('per-ue-per-upf', 'one PSK for each UE and each UPF', ['upfId']),
    variant('per-ue', 'one PSK for each UE, the same at all UPFs of the PLMN'),
    variant('group', 'one PSK for a group of UEs'),
  ],
  deliveries: [
    {
      name: 'provisioned',
      description: 'out of band, from files',
      keyRequest: 'none',
      installation: 'provisioned',
      amfGives: 'nothing',
    },
  ],
  ueSignalsCapability: false,
  ueNotice: { message: 'none', indication: 'provisioned' },
  update: { trigger: 'none', description: 'only by provisioning anew' },
  choices: [
    {
      topic: 'identifier',
      choice: 'any octets that the operator provisions',
      reason: 'the study gives no format',
    },
    {
      topic: '"sends the identifier to the UE"',
      choice: "selected_identity of the ServerHello, an index into the UE's offer",
      reason: 'TLS 1.3 sends no identifier back',
    },
  ],
  derive(_crypto, _variant, inputs) {
    const { kid } = inputs;
    if (kid === undefined || kid.length === 0) {
      throw new UsageError('the provisioned key identifier is empty');
    }
    return { psk: keyOf(inputs, 'PSK'), kid, steps: [] };
  },
};
