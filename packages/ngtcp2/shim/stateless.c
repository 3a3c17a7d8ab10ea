/* What a set of connections does outside of any: it reads the invariant part of headers, and answers with Version Negotiation, Retry,
 * CONNECTION_CLOSE in an Initial, or a stateless reset. */
#include "shim.h"
#include <string.h>

uint8_t inbox[65536], outbox[65536], scratch[16384];

static ngtcp2_version_cid header;
static ngtcp2_pkt_hd initial;

uint8_t *EXPORT(inbox_start)(void) { return inbox; }
uint8_t *EXPORT(outbox_start)(void) { return outbox; }
uint8_t *EXPORT(scratch_start)(void) { return scratch; }

/* 0, 1 where Version Negotiation is due, or -1 where it is no QUIC packet. */
int EXPORT(read_header)(size_t length) {
  memset(&header, 0, sizeof header);
  int result = ngtcp2_pkt_decode_version_cid(&header, inbox, length, ID_LENGTH);
  return result == NGTCP2_ERR_VERSION_NEGOTIATION ? 1 : result == 0 ? 0 : -1;
}
const uint8_t *EXPORT(header_destination)(void) { return header.dcid; }
size_t EXPORT(header_destination_length)(void) { return header.dcidlen; }
const uint8_t *EXPORT(header_source)(void) { return header.scid; }
size_t EXPORT(header_source_length)(void) { return header.scidlen; }
uint32_t EXPORT(header_version)(void) { return header.version; }

/* Whether the datagram in `inbox` may begin a connection. */
int EXPORT(read_initial)(size_t length) { return ngtcp2_accept(&initial, inbox, length) == 0; }
const uint8_t *EXPORT(initial_token)(void) { return initial.token.base; }
size_t EXPORT(initial_token_length)(void) { return initial.token.len; }

int EXPORT(write_version_negotiation)(void) {
  const uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
  uint8_t unused;
  host_random(&unused, 1);
  return ngtcp2_pkt_write_version_negotiation(outbox, sizeof outbox, unused, header.scid, header.scidlen, header.dcid, header.dcidlen,
                                              versions, 1);
}

/* Retry for the Initial that was read: `scratch` holds the token and behind it the source connection ID. RFC 9000 section 8.1.2 */
int EXPORT(write_retry)(uint32_t retry_key, size_t token_length) {
  ngtcp2_cid source;
  ngtcp2_crypto_aead aead = {NULL, TAG_LENGTH};
  ngtcp2_crypto_aead_ctx key = {as_handle(retry_key)};
  ngtcp2_cid_init(&source, scratch + token_length, ID_LENGTH);
  return ngtcp2_pkt_write_retry(outbox, sizeof outbox, initial.version, &initial.scid, &source, &initial.dcid, scratch, token_length, seal,
                                &aead, &key);
}

/* CONNECTION_CLOSE for the Initial that was read, under keys made for it: `scratch` holds the IV. */
int EXPORT(write_refusal)(double code, uint32_t packet_key, uint32_t mask_key) {
  ngtcp2_crypto_aead aead = {NULL, TAG_LENGTH};
  ngtcp2_crypto_cipher cipher = {NULL};
  ngtcp2_crypto_aead_ctx key = {as_handle(packet_key)};
  ngtcp2_crypto_cipher_ctx header_key = {as_handle(mask_key)};
  return ngtcp2_pkt_write_connection_close(outbox, sizeof outbox, initial.version, &initial.scid, &initial.dcid, (uint64_t)code, NULL, 0,
                                           seal, &aead, &key, scratch, mask, &cipher, &header_key);
}

/* `scratch` holds the token (16 octets). Shorter than what it answers, so that two of them never answer each other for ever. RFC 9000 section 10.3.3 */
int EXPORT(write_stateless_reset)(size_t received) {
  uint8_t unpredictable[64];
  size_t length = received - 1 - NGTCP2_STATELESS_RESET_TOKENLEN;
  if (length > 25) length = 25;
  host_random(unpredictable, sizeof unpredictable);
  return ngtcp2_pkt_write_stateless_reset(outbox, sizeof outbox, scratch, unpredictable, length);
}
