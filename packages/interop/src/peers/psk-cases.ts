import type { ExternalPsk } from '@mpquic/tls';
import { toHex } from '@mpquic/wire';
import { GROUP_NAMES, IDENTITY, OTHER_IDENTITY, psk, WRONG_KEY } from './qpsk-setup.ts';

/** How a handshake by external PSK is to look, whichever side is the peer's. */
export interface PskAgreement {
  readonly name: string;
  readonly psk: ExternalPsk;
  /** Of the client and of the server, where not all. */
  readonly clientGroups?: string;
  readonly serverGroups?: string;
  readonly group?: string;
  readonly cipher?: string;
}

/** Our servers' and the engine's answer to a wrong key and to an unknown identity: decrypt_error. */
export const BAD_BINDER: number = 0x0100 + 51;

export const PSK_AGREEMENTS: readonly PskAgreement[] = [
  ...GROUP_NAMES.map((group) => ({
    name: `psk-${group}`,
    psk: psk(),
    clientGroups: group,
    group,
  })),
  {
    name: 'psk-hello-retry-request',
    psk: psk(),
    clientGroups: 'x25519:secp384r1',
    serverGroups: 'secp384r1',
    group: 'secp384r1',
  },
  {
    name: 'psk-sha384',
    psk: { ...psk(), hash: 'sha384' },
    cipher: 'TLS_AES_256_GCM_SHA384',
  },
  { name: 'psk-imported', psk: { ...psk(), mode: 'imported' } },
];

/** What no server may accept. */
export const REFUSED_PSKS: readonly { readonly name: string; readonly psk: ExternalPsk }[] = [
  { name: 'psk-wrong-key', psk: psk(IDENTITY, WRONG_KEY) },
  { name: 'psk-unknown-identity', psk: psk(OTHER_IDENTITY) },
];

/** The peer's options for a PSK and groups. */
export function pskOptions(
  { identity, key, hash, mode }: ExternalPsk,
  groups?: string,
): readonly string[] {
  return [
    ...['--identity-hex', toHex(identity), '--psk-hex', toHex(key)],
    ...['--psk-hash', hash, '--psk-mode', mode],
    ...(groups === undefined ? [] : ['--groups', groups]),
  ];
}
