/** ClientHellos whose binders are wrong, each with its alert: for external PSKs and tickets alike. RFC 9846 §4.3.11 */
import { utf8 } from '@mpquic/wire';
import { Alert } from '../src/index.ts';
import type { OfferedPsks } from '../src/messages/pre-shared-key.ts';

/** A copy with the first bit changed. */
export function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[0] = (copy[0] as number) ^ 1;
  return copy;
}

/** Changes what a ClientHello offers. */
export type BinderEdit = (psks: OfferedPsks) => Pick<OfferedPsks, 'identities' | 'binders'>;

/** What is wrong with binders, and the alert that follows. */
export const binderCases: readonly (readonly [name: string, alert: number, edit: BinderEdit])[] = [
  [
    'flipped binder',
    Alert.decrypt_error,
    ({ identities, binders }) => ({ identities, binders: binders.map(flipped) }),
  ],
  [
    'a binder of 31 octets',
    Alert.decode_error,
    ({ identities, binders }) => ({
      identities,
      binders: binders.map((binder) => binder.subarray(1)),
    }),
  ],
  [
    'a binder one octet too long',
    Alert.decrypt_error,
    ({ identities, binders }) => ({
      identities,
      binders: binders.map((binder) => Uint8Array.from([...binder, 0])),
    }),
  ],
  ['no binders', Alert.decode_error, ({ identities }) => ({ identities, binders: [] })],
  [
    'an extra binder',
    Alert.illegal_parameter,
    ({ identities, binders }) => ({
      identities,
      binders: [...binders, binders[0] as Uint8Array],
    }),
  ],
  [
    'an extra identity without a binder',
    Alert.illegal_parameter,
    ({ identities, binders }) => ({
      identities: [...identities, { identity: utf8('more'), obfuscatedTicketAge: 0 }],
      binders,
    }),
  ],
];
