import { accessSync, constants } from 'node:fs';

/**
 * Why there is no TUN device for CONNECT-IP here. To open one takes an ioctl (TUNSETIFF), which Node.js
 * does not offer and the optional addon does not have: UDP over CONNECT-IP is done in user space instead.
 */
export function tunUnavailable(platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'linux') return `TUN devices need Linux; this is ${platform}`;
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    return '/dev/net/tun is not there, or this process may not use it (CAP_NET_ADMIN)';
  }
  return 'Node.js cannot make a TUN device (ioctl TUNSETIFF); use --forward or --socks';
}
