import { ABBA } from '@mpquic/keys';
import type { SecurityCapability, SecurityModeComplete } from '@mpquic/nas';
import { MmCause, SecurityHeaderType } from '@mpquic/nas';
import { type AmfEnvironment, NasRejection } from './amf-environment.ts';
import type { NasConnection, ReceivedNas } from './nas-connection.ts';
import type { AmfSecurityContext } from './security-context.ts';

export interface SecurityModeOptions {
  readonly capability: SecurityCapability;
  /** The UE is to send its complete initial message again, now ciphered. */
  readonly retransmitInitialMessage?: boolean;
  /** K_AMF_change_flag: the UE derives K_AMF' first. TS 33.501 §6.9.3 */
  readonly horizontalDerivation?: boolean;
}

/**
 * Takes a security context into use on a connection. TS 24.501 §5.4.2
 * @throws {NasRejection} where the UE refuses
 * @throws {ProcedureAborted}
 */
export async function runSecurityMode(
  { settings }: AmfEnvironment,
  connection: NasConnection,
  security: AmfSecurityContext,
  options: SecurityModeOptions,
): Promise<ReceivedNas<SecurityModeComplete>> {
  const { capability, retransmitInitialMessage = false, horizontalDerivation = false } = options;
  connection.pause(security);
  try {
    connection.sendWithNewContext(
      {
        type: 'securityModeCommand',
        algorithms: security.nas.algorithms,
        ngKsi: { mapped: false, value: security.ngKsi },
        replayedCapability: capability,
        ...(retransmitInitialMessage || horizontalDerivation
          ? { additionalInformation: { retransmitInitialMessage, horizontalDerivation } }
          : {}),
        abba: ABBA,
      },
      security,
    );
    const { message, count, headerType } = await connection.expect(
      ['securityModeComplete', 'securityModeReject'],
      settings.guardMs,
    );
    if (message.type === 'securityModeReject') {
      throw new NasRejection(MmCause.securityModeRejected, 'the UE refuses the security mode');
    }
    if (headerType !== SecurityHeaderType.integrityProtectedAndCipheredWithNewContext) {
      throw new NasRejection(
        MmCause.securityModeRejected,
        'the answer is not under the new context',
      );
    }
    connection.security = security;
    return { message, count, headerType };
  } finally {
    connection.resume();
  }
}
