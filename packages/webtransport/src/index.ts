export { connectWebTransport, listenWebTransport } from './connect-webtransport.ts';
export { SessionRefused, type SessionRequest } from './session-request.ts';
export { WebTransportHost, type WebTransportHostOptions } from './webtransport-host.ts';
export { WebTransportSession } from './webtransport-session.ts';
export { WebTransportStream } from './webtransport-stream.ts';
