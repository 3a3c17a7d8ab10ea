/* What both halves of the shim share. */
#ifndef SHIM_H
#define SHIM_H
#include "host.h"
#include <ngtcp2/ngtcp2.h>

/* Octets of each connection ID of this side. */
#define ID_LENGTH 8
#define IV_LENGTH 12
#define TAG_LENGTH 16

/* A datagram that arrived, or what else a call takes from the embedder. */
extern uint8_t inbox[65536];
/* Packets that are written. */
extern uint8_t outbox[65536];
/* What the embedder hands over from within a call of the host: `inbox` is in use then. */
extern uint8_t scratch[16384];

int seal(uint8_t *into, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *key, const uint8_t *plaintext, size_t length,
         const uint8_t *nonce, size_t nonce_length, const uint8_t *additional, size_t additional_length);
int mask(uint8_t *into, const ngtcp2_crypto_cipher *cipher, const ngtcp2_crypto_cipher_ctx *key, const uint8_t *sample);

static inline void *as_handle(uint32_t key) { return (void *)(uintptr_t)key; }
static inline uint32_t as_key(const void *handle) { return (uint32_t)(uintptr_t)handle; }
#endif
