import { parseTargetRule } from '@mpquic/http3';
import type { Address } from '@mpquic/wire';
import type { UpfSettings } from '../settings.ts';
import type { SessionRules } from '../user-plane/session-user-plane.ts';
import { UserPlane, type UserPlaneOptions } from '../user-plane/user-plane.ts';
import type { PlaneReport, ProxyPlane } from './proxy-plane.ts';
import { ProxyServer, type ProxyServerOptions } from './proxy-server.ts';

/** The settings that a plane goes by. Plain data without keys, so that they can go to a worker. */
export type PlaneSettings = Pick<
  UpfSettings,
  | 'nodeId'
  | 'n4'
  | 'access3gpp'
  | 'accessNon3gpp'
  | 'uePool'
  | 'retry'
  | 'maxPathId'
  | 'idleMs'
  | 'allowTargets'
  | 'denyTargets'
  | 'routedUeAddresses'
>;

export interface LocalPlaneOptions
  extends Omit<ProxyServerOptions, keyof PlaneSettings | 'onUserTraffic'>,
    Pick<UserPlaneOptions, 'sessionOf' | 'addresses' | 'openForwarder'> {
  readonly settings: PlaneSettings;
}

/** The plane in this thread. */
export class LocalPlane implements ProxyPlane {
  readonly userPlane: UserPlane;
  readonly #server: ProxyServer;

  private constructor(server: ProxyServer, userPlane: UserPlane) {
    this.#server = server;
    this.userPlane = userPlane;
  }

  /** @throws {QuicError} where an address cannot be listened on */
  static async listen({ settings, ...parts }: LocalPlaneOptions): Promise<LocalPlane> {
    let userPlane: UserPlane | undefined;
    const server = await ProxyServer.listen({
      ...settings,
      ...parts,
      onUserTraffic: (session, kid) => userPlane?.attach(session, kid),
    });
    const { access3gpp, accessNon3gpp } = server.proxies;
    userPlane = new UserPlane({
      name: settings.nodeId.toLowerCase(),
      accessNon3gpp,
      ownAddresses: [access3gpp, accessNon3gpp, settings.n4],
      denied: settings.denyTargets.map(parseTargetRule),
      allowed: settings.allowTargets.map(parseTargetRule),
      gateway: gatewayOf(settings.uePool),
      routed: settings.routedUeAddresses,
      sessionOf: parts.sessionOf,
      addresses: parts.addresses,
      openForwarder: parts.openForwarder,
      logger: parts.logger,
    });
    return new LocalPlane(server, userPlane);
  }

  get proxies(): { readonly access3gpp: Address; readonly accessNon3gpp: Address } {
    return this.#server.proxies;
  }

  report(): Promise<PlaneReport> {
    return Promise.resolve({
      connections: this.#server.sessionCount,
      userTraffic: this.userPlane.reports(),
    });
  }

  dropConnections(kid: Uint8Array, reason: string, afterSeconds?: number): void {
    this.#server.dropConnections(kid, reason, afterSeconds);
  }

  rulesChanged(session: SessionRules): void {
    this.userPlane.rulesChanged(session);
  }

  /** Another worker has the place `index` now. */
  replaceWorker(...given: Parameters<ProxyServer['replaceWorker']>): void {
    this.#server.replaceWorker(...given);
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

/** The router towards the UEs: the last address of the /16 that their pool is in. */
export function gatewayOf(uePool: string): string {
  const [a, b] = uePool.split('.');
  return `${a}.${b}.255.254`;
}
