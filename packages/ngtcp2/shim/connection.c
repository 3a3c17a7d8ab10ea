/* One connection of ngtcp2 in one instance of this module: its life, its packets and what it says of itself. Plain numbers go in and out;
 * no structure of ngtcp2's is seen outside. Times are microseconds. */
#include "callbacks.h"
#include "shim.h"
#include <netinet/in.h>
#include <ngtcp2_conn.h>
#include <stdlib.h>
#include <string.h>

/* What a call came to. The embedder knows these numbers. */
enum outcome {
  OUTCOME_DONE = 0,
  OUTCOME_FAILED = -1,   /* to be closed with what close_*() tell */
  OUTCOME_DRAINING = -2, /* the peer closed; close_*() tell how */
  OUTCOME_CLOSING = -3,
  OUTCOME_DROPPED = -4, /* to be forgotten without a word */
  OUTCOME_RETRY = -5,
  OUTCOME_IDLE = -6,
  OUTCOME_BLOCKED = -7, /* by flow control */
  OUTCOME_GONE = -8,    /* the stream takes nothing any more */
  OUTCOME_REFUSED = -9, /* not now, or not at all; nothing has changed */
  OUTCOME_MORE = -10,   /* there is room in the packet */
  OUTCOME_NO_VERSION = -11,
};

ngtcp2_conn *connection;
ngtcp2_connection_close_error closing;
static int close_is_set;
static ngtcp2_settings settings;
static ngtcp2_transport_params parameters;

static ngtcp2_tstamp instant(double microseconds) { return (ngtcp2_tstamp)(microseconds * 1000); }
static double microseconds(uint64_t nanoseconds) { return nanoseconds == UINT64_MAX ? -1 : (double)nanoseconds / 1000; }

/* Addresses: the embedder numbers hosts, and ngtcp2 sees the numbers as if they were IPv4 addresses. */
struct addresses {
  struct sockaddr_in local, remote;
  ngtcp2_path path;
};

static ngtcp2_path *set_path(struct addresses *of, uint32_t local_host, uint32_t local_port, uint32_t remote_host, uint32_t remote_port) {
  memset(of, 0, sizeof *of);
  of->local.sin_family = of->remote.sin_family = AF_INET;
  of->local.sin_addr.s_addr = local_host;
  of->local.sin_port = (in_port_t)local_port;
  of->remote.sin_addr.s_addr = remote_host;
  of->remote.sin_port = (in_port_t)remote_port;
  of->path.local.addr = (ngtcp2_sockaddr *)&of->local;
  of->path.local.addrlen = sizeof of->local;
  of->path.remote.addr = (ngtcp2_sockaddr *)&of->remote;
  of->path.remote.addrlen = sizeof of->remote;
  return &of->path;
}

/* Limits, set before the connection is made. */
void EXPORT(begin)(double now) {
  ngtcp2_settings_default(&settings);
  ngtcp2_transport_params_default(&parameters);
  ngtcp2_connection_close_error_default(&closing);
  settings.initial_ts = instant(now);
}
#define PARAMETER(name, expression)                                                                                                         \
  void EXPORT(set_##name)(double value) { parameters.name = (expression); }
PARAMETER(initial_max_data, (uint64_t)value)
PARAMETER(initial_max_stream_data_bidi_local, (uint64_t)value)
PARAMETER(initial_max_stream_data_bidi_remote, (uint64_t)value)
PARAMETER(initial_max_stream_data_uni, (uint64_t)value)
PARAMETER(initial_max_streams_bidi, (uint64_t)value)
PARAMETER(initial_max_streams_uni, (uint64_t)value)
PARAMETER(max_idle_timeout, instant(value))
PARAMETER(active_connection_id_limit, (uint64_t)value)
PARAMETER(ack_delay_exponent, (uint64_t)value)
PARAMETER(max_ack_delay, instant(value))
PARAMETER(max_datagram_frame_size, (uint64_t)value)
PARAMETER(disable_active_migration, value != 0)
#define SETTING(name, expression)                                                                                                           \
  void EXPORT(set_##name)(double value) { settings.name = (expression); }
SETTING(max_window, (uint64_t)value)
SETTING(max_stream_window, (uint64_t)value)
SETTING(max_tx_udp_payload_size, (size_t)value)
SETTING(cc_algo, value != 0 ? NGTCP2_CC_ALGO_RENO : NGTCP2_CC_ALGO_CUBIC)

static int make_id(ngtcp2_cid *id, uint8_t *reset_token) {
  id->datalen = ID_LENGTH;
  return host_new_connection_id(id->data, ID_LENGTH, reset_token);
}

/* A client; the token in `inbox` comes from an earlier connection to the same server. */
int EXPORT(create_client)(uint32_t local_host, uint32_t local_port, uint32_t remote_host, uint32_t remote_port, size_t token_length) {
  struct addresses addresses;
  ngtcp2_cid destination, source;
  ngtcp2_callbacks callbacks;
  uint8_t unused_token[NGTCP2_STATELESS_RESET_TOKENLEN];
  set_callbacks(&callbacks);
  destination.datalen = NGTCP2_MIN_INITIAL_DCIDLEN;
  host_random(destination.data, destination.datalen);
  settings.token.base = inbox;
  settings.token.len = token_length;
  if (make_id(&source, unused_token) != 0) return OUTCOME_FAILED;
  set_path(&addresses, local_host, local_port, remote_host, remote_port);
  return ngtcp2_conn_client_new(&connection, &destination, &source, &addresses.path, NGTCP2_PROTO_VER_V1, &callbacks, &settings, &parameters,
                                NULL, NULL) == 0 ? OUTCOME_DONE : OUTCOME_FAILED;
}

/* A server for the first Initial of a client: `scratch` holds its source ID, its destination ID, the destination ID of its very first
 * Initial where there was a Retry, and the token where it showed the address, one behind the other. */
int EXPORT(create_server)(uint32_t local_host, uint32_t local_port, uint32_t remote_host, uint32_t remote_port, size_t source_length,
                          size_t destination_length, size_t original_length, size_t token_length) {
  struct addresses addresses;
  ngtcp2_cid client, own;
  ngtcp2_callbacks callbacks;
  const uint8_t *next = scratch;
  set_callbacks(&callbacks);
  ngtcp2_cid_init(&client, next, source_length);
  next += source_length;
  ngtcp2_cid_init(&parameters.original_dcid, next, destination_length);
  next += destination_length;
  if (original_length > 0) {
    parameters.retry_scid = parameters.original_dcid;
    parameters.retry_scid_present = 1;
    ngtcp2_cid_init(&parameters.original_dcid, next, original_length);
    next += original_length;
  }
  settings.token.base = (uint8_t *)next;
  settings.token.len = token_length;
  parameters.stateless_reset_token_present = 1;
  if (make_id(&own, parameters.stateless_reset_token) != 0) return OUTCOME_FAILED;
  /* ngtcp2 sets it only with the keys of the handshake, before which the parameters are encoded here. */
  parameters.initial_scid = own;
  set_path(&addresses, local_host, local_port, remote_host, remote_port);
  return ngtcp2_conn_server_new(&connection, &client, &own, &addresses.path, NGTCP2_PROTO_VER_V1, &callbacks, &settings, &parameters, NULL,
                                NULL) == 0 ? OUTCOME_DONE : OUTCOME_FAILED;
}

/* How the connection is to be closed, or was. */
void EXPORT(set_close)(int application, double code, size_t reason_length) {
  uint8_t *reason = malloc(reason_length + 1);
  if (reason != NULL) memcpy(reason, scratch, reason_length);
  else reason_length = 0;
  if (application) ngtcp2_connection_close_error_set_application_error(&closing, (uint64_t)code, reason, reason_length);
  else ngtcp2_connection_close_error_set_transport_error(&closing, (uint64_t)code, reason, reason_length);
  close_is_set = 1;
}
int EXPORT(close_is_application)(void) { return closing.type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION; }
double EXPORT(close_code)(void) { return (double)closing.error_code; }
double EXPORT(close_frame_type)(void) { return (double)closing.frame_type; }
const uint8_t *EXPORT(close_reason)(void) { return closing.reason; }
size_t EXPORT(close_reason_length)(void) { return closing.reasonlen; }

static int outcome_of(int error) {
  switch (error) {
  case 0:
    return OUTCOME_DONE;
  case NGTCP2_ERR_DRAINING:
    ngtcp2_conn_get_connection_close_error(connection, &closing);
    return OUTCOME_DRAINING;
  case NGTCP2_ERR_CLOSING:
    return OUTCOME_CLOSING;
  case NGTCP2_ERR_DROP_CONN:
    return OUTCOME_DROPPED;
  case NGTCP2_ERR_RETRY:
    return OUTCOME_RETRY;
  case NGTCP2_ERR_IDLE_CLOSE:
  case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
    return OUTCOME_IDLE;
  case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
    return OUTCOME_NO_VERSION;
  case NGTCP2_ERR_STREAM_DATA_BLOCKED:
    return OUTCOME_BLOCKED;
  case NGTCP2_ERR_STREAM_NOT_FOUND:
  case NGTCP2_ERR_STREAM_SHUT_WR:
    return OUTCOME_GONE;
  case NGTCP2_ERR_WRITE_MORE:
    return OUTCOME_MORE;
  }
  if (!close_is_set) {
    const char *text = ngtcp2_strerror(error);
    ngtcp2_connection_close_error_set_transport_error_liberr(&closing, error, (const uint8_t *)text, strlen(text));
  }
  return OUTCOME_FAILED;
}

/* Takes the datagram in `inbox`. */
int EXPORT(receive)(size_t length, int ecn, uint32_t local_host, uint32_t local_port, uint32_t remote_host, uint32_t remote_port, double now) {
  struct addresses addresses;
  ngtcp2_pkt_info info = {(uint32_t)ecn};
  set_path(&addresses, local_host, local_port, remote_host, remote_port);
  return outcome_of(ngtcp2_conn_read_pkt(connection, &addresses.path, &info, inbox, length, instant(now)));
}

int EXPORT(expire)(double now) { return outcome_of(ngtcp2_conn_handle_expiry(connection, instant(now))); }
double EXPORT(expiry)(void) { return microseconds(ngtcp2_conn_get_expiry(connection)); }

/* The packet that was written last: where it goes. */
static ngtcp2_path_storage written;
static ngtcp2_pkt_info written_info;
static int taken_count;

static const struct sockaddr_in *written_local(void) { return (const struct sockaddr_in *)written.path.local.addr; }
static const struct sockaddr_in *written_remote(void) { return (const struct sockaddr_in *)written.path.remote.addr; }
uint32_t EXPORT(path_local_host)(void) { return written_local()->sin_addr.s_addr; }
uint32_t EXPORT(path_local_port)(void) { return written_local()->sin_port; }
uint32_t EXPORT(path_remote_host)(void) { return written_remote()->sin_addr.s_addr; }
uint32_t EXPORT(path_remote_port)(void) { return written_remote()->sin_port; }
int EXPORT(path_ecn)(void) { return (int)written_info.ecn; }
/* Octets of the stream that went into the packet, or whether the datagram did; -1 for none. */
int EXPORT(taken)(void) { return taken_count; }

static int written_or_outcome(ngtcp2_ssize length) { return length >= 0 ? (int)length : outcome_of((int)length); }

/* Begins a packet; write_stream() and write_datagram() fill it. */
void EXPORT(begin_packet)(void) {
  ngtcp2_path_storage_zero(&written);
  memset(&written_info, 0, sizeof written_info);
}

/* One packet into `outbox`: its length, 0 where nothing may be sent now, or an outcome. Stream -1 completes the packet. */
int EXPORT(write_stream)(double stream, const uint8_t *data, size_t length, int fin, int more, double now) {
  ngtcp2_vec vector = {(uint8_t *)data, length};
  ngtcp2_ssize taken_octets = -1;
  uint32_t flags = (fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0) | (more ? NGTCP2_WRITE_STREAM_FLAG_MORE : 0);
  ngtcp2_ssize result = ngtcp2_conn_writev_stream(connection, &written.path, &written_info, outbox, sizeof outbox, &taken_octets, flags,
                                                  (int64_t)stream, &vector, length > 0 ? 1 : 0, instant(now));
  taken_count = (int)taken_octets;
  return written_or_outcome(result);
}

int EXPORT(write_datagram)(double id, const uint8_t *data, size_t length, double now) {
  ngtcp2_vec vector = {(uint8_t *)data, length};
  int accepted = 0;
  ngtcp2_ssize result = ngtcp2_conn_writev_datagram(connection, &written.path, &written_info, outbox, sizeof outbox, &accepted,
                                                    NGTCP2_WRITE_DATAGRAM_FLAG_MORE, (uint64_t)id, &vector, 1, instant(now));
  taken_count = accepted ? 1 : -1;
  if (result == NGTCP2_ERR_INVALID_STATE || result == NGTCP2_ERR_INVALID_ARGUMENT) return OUTCOME_REFUSED;
  return written_or_outcome(result);
}

/* CONNECTION_CLOSE by what set_close() or a failure left. */
int EXPORT(write_close)(double now) {
  ngtcp2_path_storage_zero(&written);
  memset(&written_info, 0, sizeof written_info);
  ngtcp2_ssize length =
      ngtcp2_conn_write_connection_close(connection, &written.path, &written_info, outbox, sizeof outbox, &closing, instant(now));
  return length >= 0 ? (int)length : OUTCOME_FAILED;
}

/* Whether the next packet asks for an acknowledgement in any case: ngtcp2 sends PING where a keep-alive is overdue. */
void EXPORT(set_ping)(int owed) { ngtcp2_conn_set_keep_alive_timeout(connection, owed ? 1 : 0); }

void EXPORT(packets_sent)(double now) { ngtcp2_conn_update_pkt_tx_time(connection, instant(now)); }

/* The handshake. */
int EXPORT(local_parameters)(void) { return (int)ngtcp2_conn_encode_local_transport_params(connection, scratch, sizeof scratch); }
/* The peer's, in `scratch`. */
int EXPORT(receive_parameters)(size_t length) {
  int error = ngtcp2_conn_decode_remote_transport_params(connection, scratch, length);
  int outcome = outcome_of(error);
  if (error != 0) close_is_set = 1;
  return outcome;
}
int EXPORT(submit_crypto)(int level, size_t length) {
  return outcome_of(ngtcp2_conn_submit_crypto_data(connection, (ngtcp2_crypto_level)level, scratch, length));
}
void EXPORT(complete_handshake)(void) { ngtcp2_conn_handshake_completed(connection); }

static ngtcp2_crypto_ctx context(double seal_limit, double open_limit) {
  ngtcp2_crypto_ctx result;
  memset(&result, 0, sizeof result);
  result.aead.max_overhead = TAG_LENGTH;
  result.max_encryption = (uint64_t)seal_limit;
  result.max_decryption_failure = (uint64_t)open_limit;
  return result;
}

/* `scratch` holds both IVs, that for reading first. A retry key of 0 leaves that of before. */
int EXPORT(install_initial_keys)(uint32_t read_key, uint32_t read_mask, uint32_t write_key, uint32_t write_mask, uint32_t retry_key) {
  ngtcp2_crypto_ctx initial = context(0, 0);
  ngtcp2_crypto_aead_ctx reading = {as_handle(read_key)}, writing = {as_handle(write_key)}, retry = {as_handle(retry_key)};
  ngtcp2_crypto_cipher_ctx reading_mask = {as_handle(read_mask)}, writing_mask = {as_handle(write_mask)};
  ngtcp2_conn_set_initial_crypto_ctx(connection, &initial);
  int error = ngtcp2_conn_install_initial_key(connection, &reading, scratch, &reading_mask, &writing, scratch + IV_LENGTH, &writing_mask,
                                              IV_LENGTH);
  if (error == 0 && retry_key != 0) ngtcp2_conn_set_retry_aead(connection, &initial.aead, &retry);
  return outcome_of(error);
}

void EXPORT(set_limits)(double seal_limit, double open_limit) {
  ngtcp2_crypto_ctx negotiated = context(seal_limit, open_limit);
  ngtcp2_conn_set_crypto_ctx(connection, &negotiated);
}

/* `scratch` holds the IV, and behind it the secret of 1-RTT keys. */
int EXPORT(install_key)(int application, int reading, uint32_t packet_key, uint32_t mask_key, size_t secret_length) {
  ngtcp2_crypto_aead_ctx key = {as_handle(packet_key)};
  ngtcp2_crypto_cipher_ctx header_key = {as_handle(mask_key)};
  const uint8_t *secret = scratch + IV_LENGTH;
  int error;
  if (application) {
    error = reading ? ngtcp2_conn_install_rx_key(connection, secret, secret_length, &key, scratch, IV_LENGTH, &header_key)
                    : ngtcp2_conn_install_tx_key(connection, secret, secret_length, &key, scratch, IV_LENGTH, &header_key);
  } else {
    error = reading ? ngtcp2_conn_install_rx_handshake_key(connection, &key, scratch, IV_LENGTH, &header_key)
                    : ngtcp2_conn_install_tx_handshake_key(connection, &key, scratch, IV_LENGTH, &header_key);
  }
  memset(scratch, 0, IV_LENGTH + secret_length);
  return outcome_of(error);
}

/* Calls of the application. Stream IDs, or -1 while the peer allows none. */
double EXPORT(open_stream)(int bidirectional) {
  int64_t stream;
  int error = bidirectional ? ngtcp2_conn_open_bidi_stream(connection, &stream, NULL) : ngtcp2_conn_open_uni_stream(connection, &stream, NULL);
  return error == 0 ? (double)stream : -1;
}
void EXPORT(reset_stream)(double stream, double code) { ngtcp2_conn_shutdown_stream_write(connection, (int64_t)stream, (uint64_t)code); }
void EXPORT(stop_sending)(double stream, double code) { ngtcp2_conn_shutdown_stream_read(connection, (int64_t)stream, (uint64_t)code); }
/* The code of the peer's STOP_SENDING, or -1 where none came: ngtcp2 has no callback for it. A code that RESET_STREAM brought before wins. */
double EXPORT(stopped_code)(double stream) {
  const ngtcp2_strm *found = ngtcp2_conn_find_stream(connection, (int64_t)stream);
  return found != NULL && (found->flags & NGTCP2_STRM_FLAG_SENT_RST) != 0 ? (double)found->app_error_code : -1;
}
/* The application has read so many octets of a stream. */
void EXPORT(extend_windows)(double stream, double length) {
  ngtcp2_conn_extend_max_stream_offset(connection, (int64_t)stream, (uint64_t)length);
  ngtcp2_conn_extend_max_offset(connection, (uint64_t)length);
}
void EXPORT(extend_streams)(int bidirectional) {
  if (bidirectional) ngtcp2_conn_extend_max_streams_bidi(connection, 1);
  else ngtcp2_conn_extend_max_streams_uni(connection, 1);
}
double EXPORT(max_data_left)(void) { return (double)ngtcp2_conn_get_max_data_left(connection); }
int EXPORT(update_keys)(double now) { return ngtcp2_conn_initiate_key_update(connection, instant(now)) == 0 ? OUTCOME_DONE : OUTCOME_REFUSED; }
int EXPORT(migrate)(uint32_t local_host, uint32_t local_port, uint32_t remote_host, uint32_t remote_port, double now) {
  struct addresses addresses;
  set_path(&addresses, local_host, local_port, remote_host, remote_port);
  return ngtcp2_conn_initiate_migration(connection, &addresses.path, instant(now)) == 0 ? OUTCOME_DONE : OUTCOME_REFUSED;
}

/* What the connection says of itself. */
double EXPORT(peer_max_datagram_frame_size)(void) {
  const ngtcp2_transport_params *peer = ngtcp2_conn_get_remote_transport_params(connection);
  return peer == NULL ? 0 : (double)peer->max_datagram_frame_size;
}
double EXPORT(max_packet_size)(void) { return (double)ngtcp2_conn_get_path_max_tx_udp_payload_size(connection); }
double EXPORT(peer_id_length)(void) { return (double)ngtcp2_conn_get_dcid(connection)->datalen; }
static ngtcp2_conn_stat statistics;
void EXPORT(read_statistics)(void) { ngtcp2_conn_get_conn_stat(connection, &statistics); }
double EXPORT(latest_rtt)(void) { return microseconds(statistics.latest_rtt); }
double EXPORT(min_rtt)(void) { return microseconds(statistics.min_rtt); }
double EXPORT(smoothed_rtt)(void) { return microseconds(statistics.smoothed_rtt); }
double EXPORT(rtt_variance)(void) { return microseconds(statistics.rttvar); }
double EXPORT(congestion_window)(void) { return (double)statistics.cwnd; }
double EXPORT(bytes_in_flight)(void) { return (double)statistics.bytes_in_flight; }
double EXPORT(pto_count)(void) { return (double)statistics.pto_count; }
double EXPORT(probe_timeout)(void) { return microseconds(ngtcp2_conn_get_pto(connection)); }

/* Memory for stream data, which ngtcp2 refers to until it is acknowledged. */
uint8_t *EXPORT(reserve)(size_t length) { return malloc(length); }
void EXPORT(release)(uint8_t *memory) { free(memory); }
