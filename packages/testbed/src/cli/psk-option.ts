import { checkExternalPsk, type ExternalPsk, type PskMode } from '@mpquic/tls';
import { fromHex, toHex, UsageError, utf8 } from '@mpquic/wire';
import { CommandFailure } from './failure.ts';

/** The options that carry PSKs; their values are secrets and stand in no message. */
export const pskOptions = {
  psk: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'External PSK: ID=HEX[:sha384]',
  },
  'psk-hex-id': {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'External PSK with a binary identity: HEXID=HEX[:sha384]',
  },
} as const;

/** PSKs as `--psk` and `--psk-hex-id` give them. @throws {CommandFailure} wrong usage */
export function readPsks(
  texts: readonly string[],
  hexIdentityTexts: readonly string[],
  mode: PskMode,
): ExternalPsk[] {
  return [
    ...texts.map((text) => readPsk('--psk', text, utf8, mode)),
    ...hexIdentityTexts.map((text) => readPsk('--psk-hex-id', text, fromHex, mode)),
  ];
}

/** Text where the identity is printable text, hexadecimal digits otherwise. */
export function showIdentity(identity: Uint8Array): string {
  const text = Buffer.from(identity).toString('utf8');
  return /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(text) && !text.includes('\ufffd')
    ? text
    : toHex(identity);
}

function readPsk(
  option: string,
  text: string,
  readIdentity: (text: string) => Uint8Array,
  mode: PskMode,
): ExternalPsk {
  const match = /^(?<identity>.+)=(?<key>[0-9a-f]+)(?::(?<hash>sha256|sha384))?$/is.exec(text);
  const { identity = '', key = '', hash = 'sha256' } = match?.groups ?? {};
  try {
    if (match === null) throw new UsageError('it has the form ID=HEX[:sha384]');
    const psk: ExternalPsk = {
      identity: readIdentity(identity),
      key: fromHex(key),
      hash: hash === 'sha384' ? 'sha384' : 'sha256',
      mode,
    };
    checkExternalPsk(psk);
    return psk;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw CommandFailure.usage(`${option}: ${reason}`);
  }
}
