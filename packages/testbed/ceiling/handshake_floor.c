/*
 * The cryptography of a psk_dhe_ke handshake, both sides, by OpenSSL and nothing around it. Each side: 1 X25519 key pair and
 * 1 agreement, 42 HMACs and 6 hashes (SHA-256), 4 packets sealed and 4 opened.
 * usage: handshake_floor MILLISECONDS     prints one JSON object
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include "protection.h"

enum { HMACS = 42, HASHES = 6, PACKETS = 4, PACKET_SIZE = 1200, MESSAGE_SIZE = 50, TRANSCRIPT_SIZE = 200 };

static int agree(EVP_PKEY *own, EVP_PKEY *peer) {
  unsigned char secret[32];
  size_t length = sizeof secret;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
  int done = context != NULL && EVP_PKEY_derive_init(context) > 0 && EVP_PKEY_derive_set_peer(context, peer) > 0 &&
             EVP_PKEY_derive(context, secret, &length) > 0;
  EVP_PKEY_CTX_free(context);
  return done;
}

/* Key exchange with a public key as it comes off the wire. */
static int exchange(const unsigned char *public_key) {
  unsigned char share[32];
  size_t length = sizeof share;
  EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
  EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public_key, 32);
  int done = own != NULL && peer != NULL && EVP_PKEY_get_raw_public_key(own, share, &length) > 0 && agree(own, peer);
  EVP_PKEY_free(peer);
  EVP_PKEY_free(own);
  return done;
}

static int one_side(const unsigned char *public_key, struct protection *sealing, struct protection *opening) {
  static unsigned char packet[PACKET_SIZE];
  unsigned char key[32] = {7}, message[MESSAGE_SIZE] = {3}, transcript[TRANSCRIPT_SIZE] = {5}, digest[32];
  unsigned int length;
  int done = exchange(public_key);
  for (int i = 0; i < HMACS; i++) done &= HMAC(EVP_sha256(), key, sizeof key, message, sizeof message, digest, &length) != NULL;
  for (int i = 0; i < HASHES; i++) done &= EVP_Digest(transcript, sizeof transcript, digest, &length, EVP_sha256(), NULL);
  for (int i = 0; i < PACKETS; i++) {
    memset(packet, 0, sizeof packet);
    seal(sealing, packet, sizeof packet, (unsigned long)i);
    done &= open_packet(opening, packet, sizeof packet, (unsigned long)i);
  }
  return done;
}

int main(int count, char **arguments) {
  double duration = count > 1 ? atof(arguments[1]) / 1000 : 0;
  if (duration <= 0) {
    fprintf(stderr, "usage: handshake_floor MILLISECONDS\n");
    return 2;
  }
  unsigned char public_key[32];
  size_t length = sizeof public_key;
  EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
  if (peer == NULL || EVP_PKEY_get_raw_public_key(peer, public_key, &length) <= 0) return 1;
  struct protection sealing = make_protection(1), opening = make_protection(0);
  long handshakes = 0;
  double start = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  do {
    if (!one_side(public_key, &sealing, &opening) || !one_side(public_key, &sealing, &opening)) return 1;
    handshakes++;
  } while (seconds(CLOCK_MONOTONIC) - start < duration);
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  printf("{\"handshakes\":%ld,\"cpuMicroseconds\":%.3f}\n", handshakes, cpu * 1e6 / (double)handshakes);
  return 0;
}
