/* Packet protection by OpenSSL: AES-128-GCM and header protection, contexts used again. */
#ifndef PROTECTION_H
#define PROTECTION_H
#include <openssl/evp.h>
#include <string.h>
#include <time.h>

enum { HEADER = 11, TAG = 16, MASK_SAMPLE = 13 };

/* One direction's contexts, made once. */
struct protection {
  EVP_CIPHER_CTX *aead;
  EVP_CIPHER_CTX *mask;
};

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct protection make_protection(int encrypt) {
  unsigned char key[16] = {1}, iv[12] = {2};
  struct protection p = {EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_new()};
  EVP_CipherInit_ex(p.aead, EVP_aes_128_gcm(), NULL, key, iv, encrypt);
  EVP_EncryptInit_ex(p.mask, EVP_aes_128_ecb(), NULL, key, NULL);
  return p;
}

static void mask_header(struct protection *p, unsigned char *packet) {
  unsigned char mask[32];
  int length;
  EVP_EncryptUpdate(p->mask, mask, &length, packet + MASK_SAMPLE, 16);
  packet[0] ^= mask[0] & 31;
}

static void seal(struct protection *p, unsigned char *packet, int size, unsigned long number) {
  unsigned char iv[12] = {2};
  int length;
  memcpy(iv + 4, &number, sizeof number);
  EVP_EncryptInit_ex(p->aead, NULL, NULL, NULL, iv);
  EVP_EncryptUpdate(p->aead, NULL, &length, packet, HEADER);
  EVP_EncryptUpdate(p->aead, packet + HEADER, &length, packet + HEADER, size - HEADER - TAG);
  EVP_EncryptFinal_ex(p->aead, packet + HEADER, &length);
  EVP_CIPHER_CTX_ctrl(p->aead, EVP_CTRL_AEAD_GET_TAG, TAG, packet + size - TAG);
  mask_header(p, packet);
}

static int open_packet(struct protection *p, unsigned char *packet, int size, unsigned long number) {
  unsigned char iv[12] = {2};
  int length;
  mask_header(p, packet);
  memcpy(iv + 4, &number, sizeof number);
  EVP_DecryptInit_ex(p->aead, NULL, NULL, NULL, iv);
  EVP_CIPHER_CTX_ctrl(p->aead, EVP_CTRL_AEAD_SET_TAG, TAG, packet + size - TAG);
  EVP_DecryptUpdate(p->aead, NULL, &length, packet, HEADER);
  EVP_DecryptUpdate(p->aead, packet + HEADER, &length, packet + HEADER, size - HEADER - TAG);
  return EVP_DecryptFinal_ex(p->aead, packet + size - TAG, &length) > 0;
}

#endif
