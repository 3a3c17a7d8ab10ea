/* What the embedder in JavaScript gives this module: imports of the WebAssembly module "host". Pointers are offsets into the
 * module's memory, lent for the call. A function that returns int returns 0 for success. */
#ifndef HOST_H
#define HOST_H
#include <stddef.h>
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("host"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name))) name

/* Cryptography. Keys live outside, named by numbers from 1 on; 0 says that there is none. */
IMPORT(random) void host_random(uint8_t *into, size_t length);
IMPORT(seal)
int host_seal(uint32_t key, uint8_t *into, const uint8_t *plaintext, size_t length, const uint8_t *nonce, const uint8_t *additional,
              size_t additional_length);
IMPORT(open)
int host_open(uint32_t key, uint8_t *into, const uint8_t *sealed, size_t length, const uint8_t *nonce, const uint8_t *additional,
              size_t additional_length);
IMPORT(mask) int host_mask(uint32_t key, uint8_t *into, const uint8_t *sample);
IMPORT(forget_key) void host_forget_key(uint32_t key);
/* The key of the next phase; writes the secret that follows `secret`, and the IV (12 octets). RFC 9001 section 6.1 */
IMPORT(next_key) uint32_t host_next_key(int writing, const uint8_t *secret, size_t length, uint8_t *next_secret, uint8_t *iv);

/* The handshake. */
IMPORT(initial_keys) int host_initial_keys(const uint8_t *destination, size_t length);
IMPORT(start_handshake) int host_start_handshake(void);
/* Other than 0 where the handshake failed: set_close() or receive_parameters() has said how to close. */
IMPORT(crypto_data) int host_crypto_data(int level, const uint8_t *data, size_t length);
IMPORT(handshake_confirmed) void host_handshake_confirmed(void);

/* Connection IDs. */
IMPORT(new_connection_id) int host_new_connection_id(uint8_t *id, size_t length, uint8_t *reset_token);
IMPORT(remove_connection_id) void host_remove_connection_id(const uint8_t *id, size_t length);

/* What happens to streams and datagrams. */
IMPORT(stream_opened) void host_stream_opened(double stream);
IMPORT(stream_data) void host_stream_data(double stream, const uint8_t *data, size_t length, int fin);
/* Everything up to `end`; `complete` where that is all, FIN included. */
IMPORT(stream_acknowledged) void host_stream_acknowledged(double stream, double end, int complete);
IMPORT(stream_closed) void host_stream_closed(double stream);
IMPORT(stream_reset) void host_stream_reset(double stream, double code);
IMPORT(streams_available) void host_streams_available(int bidirectional);
IMPORT(datagram) void host_datagram(const uint8_t *data, size_t length);
IMPORT(datagram_acknowledged) void host_datagram_acknowledged(double id);
IMPORT(datagram_lost) void host_datagram_lost(double id);

/* Paths and tokens. `outcome` is 1 where the path works. */
IMPORT(path_validated) void host_path_validated(int outcome, uint32_t local_host, uint32_t local_port, uint32_t remote_host, uint32_t remote_port);
IMPORT(stateless_reset) void host_stateless_reset(void);
IMPORT(new_token) void host_new_token(const uint8_t *token, size_t length);
#endif
