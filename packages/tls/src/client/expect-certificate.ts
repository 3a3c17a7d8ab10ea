import { CertificateRejected } from '@mpquic/crypto';
import type { ByteReader } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { decodeError, illegalParameter, readVector } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import { type CertificateMessage, readCertificate } from '../messages/certificate.ts';
import { readCertificateVerify, serverSignatureContent } from '../messages/certificate-verify.ts';
import { checkAnswers, ExtensionBlock, ExtensionType } from '../messages/extensions.ts';
import { decodeBody, type HandshakeMessage, MessageType } from '../messages/message.ts';
import { schemeName } from '../signature-schemes.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientProgress } from './client-progress.ts';
import { ExpectFinished } from './expect-finished.ts';

/** No PSK was selected: Certificate is due, or a CertificateRequest before it. RFC 9846 §4.5.1 */
export class ExpectCertificate implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'handshake';
  readonly #context: ClientContext;
  readonly #progress: ClientProgress;

  constructor(context: ClientContext, progress: ClientProgress) {
    this.#context = context;
    this.#progress = progress;
  }

  handle(message: HandshakeMessage): ReadingState {
    const progress = this.#progress;
    const { transcript, offeredTypes } = progress.negotiation;
    if (message.type === MessageType.certificate_request && !progress.certificateRequested) {
      checkCertificateRequest(message);
      transcript.add(message.bytes);
      return new ExpectCertificate(this.#context, { ...progress, certificateRequested: true });
    }
    if (message.type !== MessageType.certificate) throw unexpectedMessage(message, 'Certificate');
    const chain = readChain(decodeBody(message, readCertificate), offeredTypes);
    transcript.add(message.bytes);
    return new ExpectCertificateVerify(this.#context, progress, chain);
  }

  wipe(): void {
    this.#progress.negotiation.schedule.wipe();
  }
}

/** The server's certificates came, and are worth nothing yet. RFC 9846 §4.5.2 */
class ExpectCertificateVerify implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'handshake';
  readonly #context: ClientContext;
  readonly #progress: ClientProgress;
  readonly #chain: readonly Uint8Array[];

  constructor(context: ClientContext, progress: ClientProgress, chain: readonly Uint8Array[]) {
    this.#context = context;
    this.#progress = progress;
    this.#chain = chain;
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.certificate_verify) {
      throw unexpectedMessage(message, 'CertificateVerify');
    }
    const { scheme: code, signature } = decodeBody(message, readCertificateVerify);
    const scheme = schemeName(code);
    if (scheme === undefined) throw illegalParameter('a signature scheme that was not offered');
    const { transcript } = this.#progress.negotiation;
    const certificate = this.#chain[0] as Uint8Array;
    const content = serverSignatureContent(transcript.digest());
    const { trust, serverName } = this.#context;
    try {
      trust?.verifyChain(this.#chain, serverName ?? '');
      if (trust?.verifySignature(certificate, scheme, content, signature) !== true) {
        throw new TlsAlert(Alert.decrypt_error, "the server's signature does not verify");
      }
    } catch (error) {
      if (!(error instanceof CertificateRejected)) throw error;
      throw new TlsAlert(Alert[error.rejection], error.message);
    }
    transcript.add(message.bytes);
    // It outlives the message.
    return new ExpectFinished(this.#context, {
      ...this.#progress,
      certificate: certificate.slice(),
    });
  }

  wipe(): void {
    this.#progress.negotiation.schedule.wipe();
  }
}

/** The chain as DER, the server's own certificate first. */
function readChain(
  { requestContext, entries }: CertificateMessage,
  offeredTypes: readonly number[],
): readonly Uint8Array[] {
  if (requestContext.length > 0) throw illegalParameter('a server certificate with a context');
  if (entries.length === 0) throw decodeError('the server has no certificate');
  for (const { extensions } of entries) checkAnswers(extensions, 'certificate', offeredTypes);
  return entries.map(({ certificate }) => certificate);
}

/** RFC 9846 §4.4.2: it is answered by a Certificate without certificates. */
function checkCertificateRequest(message: HandshakeMessage): void {
  const { context, extensions } = decodeBody(message, readCertificateRequest);
  if (context.length > 0) throw illegalParameter('a CertificateRequest with a context');
  if (extensions.indexOf(ExtensionType.signature_algorithms) < 0) {
    throw new TlsAlert(
      Alert.missing_extension,
      'a CertificateRequest without signature_algorithms',
    );
  }
}

function readCertificateRequest(reader: ByteReader): {
  context: Uint8Array;
  extensions: ExtensionBlock;
} {
  return { context: readVector(reader, 1), extensions: ExtensionBlock.read(reader) };
}
