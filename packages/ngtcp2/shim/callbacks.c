/* ngtcp2's callbacks, each handed on to the host. */
#include "callbacks.h"
#include "shim.h"
#include <netinet/in.h>
#include <ngtcp2_conn.h>
#include <string.h>

int seal(uint8_t *into, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *key, const uint8_t *plaintext, size_t length,
         const uint8_t *nonce, size_t nonce_length, const uint8_t *additional, size_t additional_length) {
  (void)aead, (void)nonce_length;
  return host_seal(as_key(key->native_handle), into, plaintext, length, nonce, additional, additional_length) == 0
             ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}
static int open(uint8_t *into, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *key, const uint8_t *sealed, size_t length,
                const uint8_t *nonce, size_t nonce_length, const uint8_t *additional, size_t additional_length) {
  (void)aead, (void)nonce_length;
  return host_open(as_key(key->native_handle), into, sealed, length, nonce, additional, additional_length) == 0 ? 0 : NGTCP2_ERR_DECRYPT;
}
int mask(uint8_t *into, const ngtcp2_crypto_cipher *cipher, const ngtcp2_crypto_cipher_ctx *key, const uint8_t *sample) {
  (void)cipher;
  return host_mask(as_key(key->native_handle), into, sample) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}
static void forget_packet_key(ngtcp2_conn *of, ngtcp2_crypto_aead_ctx *key, void *user) {
  (void)of, (void)user;
  host_forget_key(as_key(key->native_handle));
}
static void forget_mask_key(ngtcp2_conn *of, ngtcp2_crypto_cipher_ctx *key, void *user) {
  (void)of, (void)user;
  host_forget_key(as_key(key->native_handle));
}
static void random_octets(uint8_t *into, size_t length, const ngtcp2_rand_ctx *context) {
  (void)context;
  host_random(into, length);
}
static int challenge(ngtcp2_conn *of, uint8_t *data, void *user) {
  (void)of, (void)user;
  host_random(data, NGTCP2_PATH_CHALLENGE_DATALEN);
  return 0;
}

static int initial_keys(const ngtcp2_cid *destination) {
  return host_initial_keys(destination->data, destination->datalen) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}
static int client_initial(ngtcp2_conn *of, void *user) {
  (void)user;
  int error = initial_keys(ngtcp2_conn_get_dcid(of));
  return error != 0 ? error : host_start_handshake() == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}
static int recv_client_initial(ngtcp2_conn *of, const ngtcp2_cid *destination, void *user) {
  (void)of, (void)user;
  return initial_keys(destination);
}
static int recv_retry(ngtcp2_conn *of, const ngtcp2_pkt_hd *header, void *user) {
  (void)of, (void)user;
  return initial_keys(&header->scid);
}
static int recv_crypto_data(ngtcp2_conn *of, ngtcp2_crypto_level level, uint64_t offset, const uint8_t *data, size_t length, void *user) {
  (void)of, (void)offset, (void)user;
  return host_crypto_data((int)level, data, length) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}
static int handshake_confirmed(ngtcp2_conn *of, void *user) {
  (void)of, (void)user;
  host_handshake_confirmed();
  return 0;
}
static int update_key(ngtcp2_conn *of, uint8_t *read_secret, uint8_t *write_secret, ngtcp2_crypto_aead_ctx *read_key, uint8_t *read_iv,
                      ngtcp2_crypto_aead_ctx *write_key, uint8_t *write_iv, const uint8_t *current_read_secret,
                      const uint8_t *current_write_secret, size_t length, void *user) {
  (void)of, (void)user;
  read_key->native_handle = as_handle(host_next_key(0, current_read_secret, length, read_secret, read_iv));
  write_key->native_handle = as_handle(host_next_key(1, current_write_secret, length, write_secret, write_iv));
  return read_key->native_handle != NULL && write_key->native_handle != NULL ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int get_new_connection_id(ngtcp2_conn *of, ngtcp2_cid *id, uint8_t *token, size_t length, void *user) {
  (void)of, (void)user;
  id->datalen = length;
  return host_new_connection_id(id->data, length, token) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}
static int remove_connection_id(ngtcp2_conn *of, const ngtcp2_cid *id, void *user) {
  (void)of, (void)user;
  host_remove_connection_id(id->data, id->datalen);
  return 0;
}

/* ngtcp2 0.12 never closes a unidirectional stream of the peer: it waits for the acknowledgement of a FIN that it never sends. */
static int stream_open(ngtcp2_conn *of, int64_t stream, void *user) {
  (void)user;
  if ((stream & 2) != 0) ngtcp2_conn_find_stream(of, stream)->flags |= NGTCP2_STRM_FLAG_FIN_ACKED;
  host_stream_opened((double)stream);
  return 0;
}
static int recv_stream_data(ngtcp2_conn *of, uint32_t flags, int64_t stream, uint64_t offset, const uint8_t *data, size_t length, void *user,
                            void *stream_user) {
  (void)of, (void)offset, (void)user, (void)stream_user;
  host_stream_data((double)stream, data, length, (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
  return 0;
}
static int acked_stream_data(ngtcp2_conn *of, int64_t stream, uint64_t offset, uint64_t length, void *user, void *stream_user) {
  (void)user, (void)stream_user;
  host_stream_acknowledged((double)stream, (double)(offset + length), ngtcp2_strm_is_all_tx_data_fin_acked(ngtcp2_conn_find_stream(of, stream)));
  return 0;
}
static int stream_close(ngtcp2_conn *of, uint32_t flags, int64_t stream, uint64_t code, void *user, void *stream_user) {
  (void)of, (void)flags, (void)code, (void)user, (void)stream_user;
  host_stream_closed((double)stream);
  return 0;
}
static int stream_reset(ngtcp2_conn *of, int64_t stream, uint64_t final_size, uint64_t code, void *user, void *stream_user) {
  (void)of, (void)final_size, (void)user, (void)stream_user;
  host_stream_reset((double)stream, (double)code);
  return 0;
}
static int extend_max_streams_bidi(ngtcp2_conn *of, uint64_t limit, void *user) {
  (void)of, (void)limit, (void)user;
  host_streams_available(1);
  return 0;
}
static int extend_max_streams_uni(ngtcp2_conn *of, uint64_t limit, void *user) {
  (void)of, (void)limit, (void)user;
  host_streams_available(0);
  return 0;
}

static int recv_datagram(ngtcp2_conn *of, uint32_t flags, const uint8_t *data, size_t length, void *user) {
  (void)of, (void)flags, (void)user;
  host_datagram(data, length);
  return 0;
}
static int ack_datagram(ngtcp2_conn *of, uint64_t id, void *user) {
  (void)of, (void)user;
  host_datagram_acknowledged((double)id);
  return 0;
}
static int lost_datagram(ngtcp2_conn *of, uint64_t id, void *user) {
  (void)of, (void)user;
  host_datagram_lost((double)id);
  return 0;
}

static int path_validation(ngtcp2_conn *of, uint32_t flags, const ngtcp2_path *path, ngtcp2_path_validation_result result, void *user) {
  const struct sockaddr_in *local = (const struct sockaddr_in *)path->local.addr, *remote = (const struct sockaddr_in *)path->remote.addr;
  (void)of, (void)flags, (void)user;
  host_path_validated(result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS, local->sin_addr.s_addr, local->sin_port, remote->sin_addr.s_addr,
                      remote->sin_port);
  return 0;
}
static int recv_new_token(ngtcp2_conn *of, const ngtcp2_vec *token, void *user) {
  (void)of, (void)user;
  host_new_token(token->base, token->len);
  return 0;
}
static int recv_stateless_reset(ngtcp2_conn *of, const ngtcp2_pkt_stateless_reset *reset, void *user) {
  (void)of, (void)reset, (void)user;
  host_stateless_reset();
  return 0;
}
/* Only one version is spoken: nothing to turn to. */
static int version_negotiation(ngtcp2_conn *of, uint32_t version, const ngtcp2_cid *destination, void *user) {
  (void)of, (void)version, (void)destination, (void)user;
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

void set_callbacks(ngtcp2_callbacks *callbacks) {
  memset(callbacks, 0, sizeof *callbacks);
  callbacks->client_initial = client_initial;
  callbacks->recv_client_initial = recv_client_initial;
  callbacks->recv_retry = recv_retry;
  callbacks->recv_crypto_data = recv_crypto_data;
  callbacks->handshake_confirmed = handshake_confirmed;
  callbacks->encrypt = seal;
  callbacks->decrypt = open;
  callbacks->hp_mask = mask;
  callbacks->update_key = update_key;
  callbacks->delete_crypto_aead_ctx = forget_packet_key;
  callbacks->delete_crypto_cipher_ctx = forget_mask_key;
  callbacks->rand = random_octets;
  callbacks->get_path_challenge_data = challenge;
  callbacks->get_new_connection_id = get_new_connection_id;
  callbacks->remove_connection_id = remove_connection_id;
  callbacks->stream_open = stream_open;
  callbacks->recv_stream_data = recv_stream_data;
  callbacks->acked_stream_data_offset = acked_stream_data;
  callbacks->stream_close = stream_close;
  callbacks->stream_reset = stream_reset;
  callbacks->extend_max_local_streams_bidi = extend_max_streams_bidi;
  callbacks->extend_max_local_streams_uni = extend_max_streams_uni;
  callbacks->recv_datagram = recv_datagram;
  callbacks->ack_datagram = ack_datagram;
  callbacks->lost_datagram = lost_datagram;
  callbacks->path_validation = path_validation;
  callbacks->recv_new_token = recv_new_token;
  callbacks->recv_stateless_reset = recv_stateless_reset;
  callbacks->version_negotiation = version_negotiation;
}
