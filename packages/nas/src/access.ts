/** An access of the UE to the 5G core, which has its own NAS connection and its own pair of NAS COUNTs. */
export type Access = '3gpp' | 'non-3gpp';

/** NAS connection identifier, the BEARER input of NAS security. TS 33.501 §6.4.2.2 */
export const NAS_CONNECTION_ID: { readonly [A in Access]: number } = { '3gpp': 1, 'non-3gpp': 2 };
