import type { Field } from '../qpack/field.ts';
import { quoted } from './structured-field.ts';

/** Error types of Proxy-Status that this proxy uses, each with the status that goes with it. RFC 9209 §2.3 */
export const ProxyError = {
  dns_timeout: 504,
  dns_error: 502,
  destination_not_found: 500,
  destination_unavailable: 503,
  destination_ip_prohibited: 403,
  destination_ip_unroutable: 502,
  connection_refused: 502,
  connection_timeout: 504,
  connection_limit_reached: 503,
  http_request_denied: 403,
  http_request_error: 400,
  proxy_internal_error: 500,
  proxy_configuration_error: 500,
} as const;
export type ProxyError = keyof typeof ProxyError;

/** Why a proxy turns a request down. */
export interface Refusal {
  readonly error: ProxyError;
  /** Default: the one that the error recommends. */
  readonly status?: number;
  /** DNS response code, such as NXDOMAIN. RFC 9209 §2.3.2 */
  readonly rcode?: string;
  readonly details?: string;
}

/** `Proxy-Status` with the refusal. RFC 9209 §2 @param proxy name of the proxy */
function proxyStatus(proxy: string, { error, rcode, details }: Refusal): Field {
  const parameters = [`error=${error}`];
  if (rcode !== undefined) parameters.push(`rcode=${quoted(rcode)}`);
  if (details !== undefined) parameters.push(`details=${quoted(details)}`);
  return { name: 'proxy-status', value: [quoted(proxy), ...parameters].join('; ') };
}

/** The status and fields that answer a refused request. */
export function refusalResponse(
  proxy: string,
  refusal: Refusal,
): { readonly status: number; readonly fields: readonly Field[] } {
  const status = refusal.status ?? ProxyError[refusal.error];
  return { status, fields: [proxyStatus(proxy, refusal)] };
}

/** The error type and the details that a proxy reported, for messages. */
export function describeProxyStatus(value: string): string {
  const error = /;\s*error=([a-z_]+)/.exec(value)?.[1];
  const details = /;\s*details="((?:[^"\\]|\\.)*)"/.exec(value)?.[1];
  if (error === undefined) return value.slice(0, 200);
  return details === undefined
    ? error
    : `${error}: ${details.replace(/\\(.)/g, '$1').slice(0, 200)}`;
}
