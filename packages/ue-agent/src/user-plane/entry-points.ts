import type { Access } from '@mpquic/nas';
import { tunUnavailable } from '@mpquic/native';
import type { Logger } from '@mpquic/service';
import { type Address, formatAddress } from '@mpquic/wire';
import type { MpquicOptions } from '../mpquic/mpquic-connection.ts';
import type { Ue } from '../ue.ts';
import type { RenewalOrder } from './bearers.ts';
import { SessionKeeper } from './session-keeper.ts';
import { SocksServer } from './socks-server.ts';
import { TunInterface, type TunInterfaceSettings } from './tun-interface.ts';
import { type ForwardRule, UdpForward } from './udp-forward.ts';
import { UserPlane } from './user-plane.ts';

export interface EntryPointOptions {
  readonly forwards: readonly ForwardRule[];
  readonly socks: Address | undefined;
  /** Wanted where it is there; the reason is logged where there can be none. */
  readonly tun: TunInterfaceSettings | undefined;
}

export interface TrafficOptions extends EntryPointOptions {
  readonly ue: Ue;
  readonly mpquic: MpquicOptions;
  readonly pduSessionId: number;
  /** Where the session is asked for, and where handshakes run. */
  readonly access: Access;
  readonly bothAccesses: boolean;
  /** How connections follow a new PSK or another UPF. */
  readonly renewal: RenewalOrder;
  readonly logger: Logger;
}

/** The UE's user plane and the local ports that lead into it. */
export interface Traffic {
  readonly userPlane: UserPlane;
  readonly forwards: readonly UdpForward[];
  readonly socks: SocksServer | undefined;
  readonly tun: TunInterface | undefined;
  close(): Promise<void>;
}

/**
 * Registers, sets an MA PDU session up, and opens the entry points for applications.
 * @throws {UeFailure} where the network refuses; rejects with the system's error where a port is taken
 */
export async function serveTraffic(options: TrafficOptions): Promise<Traffic> {
  const { ue, mpquic, pduSessionId, access, bothAccesses, renewal, logger } = options;
  await ue.register(access);
  if (bothAccesses) await ue.register(access === '3gpp' ? 'non-3gpp' : '3gpp');
  const sessions = new SessionKeeper({ ue, pduSessionId, access });
  await sessions.ready();
  const userPlane = new UserPlane({
    mpquic,
    sessions,
    access,
    bothAccesses,
    renewal,
    logger,
  });
  ue.onConnectionsStale = () => userPlane.renewConnections();
  ue.onSessionModified = () => userPlane.rulesChanged();
  return openEntryPoints(userPlane, options, logger);
}

/** Opens the entry points of a user plane. */
export async function openEntryPoints(
  userPlane: UserPlane,
  { forwards, socks, tun }: EntryPointOptions,
  logger: Logger,
): Promise<Traffic> {
  const openFlow = userPlane.openFlow.bind(userPlane);
  const opened: UdpForward[] = [];
  let server: SocksServer | undefined;
  let device: TunInterface | undefined;
  const close = async (): Promise<void> => {
    device?.close();
    await Promise.all([...opened.map((forward) => forward.close()), server?.close()]);
    await userPlane.close();
  };
  try {
    for (const rule of forwards) {
      const forward = await UdpForward.listen(rule, openFlow, logger);
      opened.push(forward);
      const { target } = rule;
      logger.info({ local: formatAddress(forward.address), target }, 'UDP forward ready');
    }
    if (socks !== undefined) {
      server = await SocksServer.listen(socks, openFlow, logger);
      logger.info({ local: formatAddress(server.address) }, 'SOCKS5 server ready');
    }
    if (tun !== undefined) device = await openTun(userPlane, tun, logger);
    return { userPlane, forwards: opened, socks: server, tun: device, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openTun(
  userPlane: UserPlane,
  settings: TunInterfaceSettings,
  logger: Logger,
): Promise<TunInterface | undefined> {
  const reason = tunUnavailable();
  if (reason !== undefined) {
    logger.warn({ reason }, 'no TUN device');
    return undefined;
  }
  const device = await TunInterface.open({ ...settings, userPlane, logger });
  logger.info({ name: device.name, address: device.address }, 'TUN device ready');
  return device;
}
