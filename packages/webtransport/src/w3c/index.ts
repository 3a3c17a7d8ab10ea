export { Http3WebTransportClient, Http3WebTransportClientSocket } from './client.ts';
export type {
  ClientArguments,
  ClientQuicOptions,
  ServerArguments,
  ServerQuicOptions,
} from './options.ts';
export { Http3WebTransportServer, Http3WebTransportServerSocket } from './server.ts';

/** @fails-components/webtransport asks for it before it opens anything; there is nothing to prepare. */
export function checkQuicheInit(): void {}
