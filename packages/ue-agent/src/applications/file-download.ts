import { connect, QuicEndpoint } from '@mpquic/endpoint';
import { utf8 } from '@mpquic/wire';
import { UeFailure } from '../failure.ts';
import { type TransferReport, transfer } from '../mpquic/transfer.ts';
import type { Application } from './application.ts';

/** What became of a file. */
export interface DownloadReport extends Omit<TransferReport, 'cut'> {
  readonly name: string;
  readonly target: string;
}

/** Octets of UDP payload: the smallest that QUIC works with, as this runs inside a tunnel. RFC 9000 §14 */
const PAYLOAD_SIZE = 1200;
/** The access may be cut right when the handshake begins: its repetitions come at 1, 3, 7 and 15 seconds. */
const HANDSHAKE_LIMIT_MS = 30_000;

/**
 * Downloads a file from a QUIC server in the data network and checks every octet.
 * @param port local, of the forward that leads there
 * @throws {UeFailure} `mpquic` where it does not arrive whole
 */
export async function downloadFile(
  { name, octets, pskIdentity, pskKey }: Application,
  port: number,
): Promise<Omit<DownloadReport, 'target'>> {
  if (pskKey === undefined) throw new UeFailure('no_psk', `${name}: a file needs pskKey`);
  const endpoint = new QuicEndpoint();
  try {
    const session = await connect(`127.0.0.1:${port}`, {
      endpoint,
      alpn: 'hq-interop',
      local: '127.0.0.1',
      multipath: false,
      maxPayloadSize: PAYLOAD_SIZE,
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
      psk: { identity: utf8(pskIdentity), key: pskKey, hash: 'sha256', mode: 'raw' },
    });
    session.closed.catch(() => undefined);
    await session.opened;
    const { bytes, ms, sha256 } = await transfer(session, { bytes: octets });
    await session.close();
    return { name, bytes, ms, sha256 };
  } catch (error) {
    if (error instanceof UeFailure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UeFailure('mpquic', `${name}: ${reason}`, error);
  } finally {
    endpoint.destroy();
  }
}
