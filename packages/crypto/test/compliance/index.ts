export { packetProtectionCompliance } from './packet-protection.ts';
export { providerCompliance } from './provider.ts';
export { rfc9001Compliance } from './rfc9001-appendix-a.ts';
