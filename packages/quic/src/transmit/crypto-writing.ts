import type { PacketLevel } from '../contract.ts';
import type { CryptoStream } from '../streams/crypto-stream.ts';
import { cryptoFrameHeaderLength, writeCryptoFrameHeader } from '../wire/data-codecs.ts';
import type { PacketDraft } from './packet-draft.ts';

/** Octets of a CRYPTO frame's Length field. */
const LENGTH_FIELD = 2;

/** CRYPTO frames as far as they fit. */
export function writeCrypto(crypto: CryptoStream, level: PacketLevel, draft: PacketDraft): void {
  while (crypto.hasFrame) {
    const header = cryptoFrameHeaderLength(crypto.frameStart, 0) - 1 + LENGTH_FIELD;
    if (draft.room <= header || !crypto.prepare(draft.room - header)) return;
    const { frameOffset: offset, frameLength: length } = crypto;
    const at = writeCryptoFrameHeader(draft.buffer, draft.at, offset, length);
    crypto.copyFrame(draft.buffer, at);
    draft.at = at + length;
    draft.ackEliciting = true;
    draft.remember({ type: 'crypto', level, offset, length });
    const source = draft.buffer;
    draft.observed?.push({ type: 'crypto', offset, source, dataStart: at, dataEnd: at + length });
    crypto.commit();
  }
}
