import type { DeregistrationRequestFromUe } from '@mpquic/nas';
import type { AmfEnvironment } from './amf-environment.ts';
import type { NasConnection, ReceivedNas } from './nas-connection.ts';
import { ACCESSES } from './ue-context.ts';
import { deregister } from './ue-release.ts';

/**
 * The UE leaves. Only a verified request has an effect: anyone else could throw the UE out.
 * TS 24.501 §5.5.2.2
 */
export async function leave(
  amf: AmfEnvironment,
  connection: NasConnection,
  { message, count }: ReceivedNas<DeregistrationRequestFromUe>,
): Promise<void> {
  const { ue } = connection;
  if (ue === undefined || count === undefined) return;
  const { access: which, switchOff } = message.deregistrationType;
  if (!switchOff) connection.send({ type: 'deregistrationAcceptToUe' });
  const left = ACCESSES.filter((_, i) => (which & (1 << i)) !== 0);
  for (const access of left) await deregister(amf, ue, access);
  if (left.includes(connection.access)) connection.close('deregistered');
}
