import type { ClientConfig, ConnectionConfig, ServerConfig } from '@mpquic/quic';
import {
  createClientHandshake,
  createServerHandshake,
  type Handshake,
  type HandshakeParameters,
} from '@mpquic/tls';

/** TLS of a client. @throws {UsageError} on a configuration that cannot lead to a handshake */
export function clientHandshake(config: ClientConfig, parameters: Uint8Array): Handshake {
  const { psks, serverName, trust, session } = config;
  return createClientHandshake({
    ...common(config),
    psks,
    transportParameters: parameters,
    ...(serverName === undefined ? {} : { serverName }),
    ...(trust === undefined ? {} : { trust }),
    ...(session === undefined ? {} : { session }),
  });
}

/** TLS of a server; `answer` takes the client's transport parameters and makes the server's. */
export function serverHandshake(
  config: ServerConfig,
  answer: (client: Uint8Array) => Uint8Array,
): Handshake {
  const { certificate, requirePsk, tickets, cookieKeys } = config;
  return createServerHandshake({
    ...common(config),
    transportParameters: NONE_YET,
    answerParameters: answer,
    ...(certificate === undefined ? {} : { certificate }),
    ...(requirePsk === undefined ? {} : { requirePsk }),
    ...(tickets === undefined ? {} : { tickets }),
    ...(cookieKeys === undefined ? {} : { cookieKeys }),
  });
}

type Common = Omit<HandshakeParameters, 'transportParameters'>;

function common({ crypto, alpn, cipherSuites, groups, keyLog }: ConnectionConfig): Common {
  return {
    crypto,
    alpn,
    ...(cipherSuites === undefined ? {} : { cipherSuites }),
    ...(groups === undefined ? {} : { groups }),
    ...(keyLog === undefined ? {} : { keyLog }),
  };
}

const NONE_YET = new Uint8Array(0);
