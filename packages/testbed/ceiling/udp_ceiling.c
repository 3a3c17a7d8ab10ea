/*
 * What UDP on the loopback interface can carry at most: one thread protects and sends, another receives and opens.
 * AES-128-GCM with header protection per packet, contexts used again (OpenSSL), segmentation and receive offload.
 * No acknowledgements, no streams, no loss recovery.
 * usage: udp_ceiling MILLISECONDS DATAGRAM_SIZE     prints one JSON object
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { HEADER = 11, TAG = 16, MASK_SAMPLE = 13, MESSAGES = 8, MESSAGE_SIZE = 65536, LARGEST_RUN = 65507 };

/* One direction's contexts, made once. */
struct protection {
  EVP_CIPHER_CTX *aead;
  EVP_CIPHER_CTX *mask;
};

static int datagram_size;
static int receiver;
static atomic_int stop;
static atomic_long received, refused;
static double receiver_cpu;

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

static void *receive(void *unused) {
  static unsigned char buffers[MESSAGES][MESSAGE_SIZE];
  static char controls[MESSAGES][64];
  struct protection protection = make_protection(0);
  struct mmsghdr messages[MESSAGES];
  struct iovec vectors[MESSAGES];
  while (!stop) {
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < MESSAGES; i++) {
      vectors[i] = (struct iovec){buffers[i], MESSAGE_SIZE};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_control = controls[i];
      messages[i].msg_hdr.msg_controllen = sizeof controls[i];
    }
    int count = recvmmsg(receiver, messages, MESSAGES, MSG_WAITFORONE, NULL);
    for (int i = 0; i < count; i++) {
      int length = (int)messages[i].msg_len;
      for (int at = 0; at + datagram_size <= length; at += datagram_size) {
        if (open_packet(&protection, buffers[i] + at, datagram_size, 0)) received++;
        else refused++;
      }
    }
  }
  receiver_cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
  return unused;
}

static int open_sockets(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  struct timeval timeout = {0, 200000};
  int buffer = 4 << 20, on = 1;
  receiver = socket(AF_INET, SOCK_DGRAM, 0);
  int sender = socket(AF_INET, SOCK_DGRAM, 0);
  if (receiver < 0 || sender < 0 || bind(receiver, (void *)&address, length) != 0) return -1;
  getsockname(receiver, (void *)&address, &length);
  setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(receiver, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
  setsockopt(sender, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  setsockopt(sender, IPPROTO_UDP, UDP_SEGMENT, &datagram_size, sizeof datagram_size);
  return connect(sender, (void *)&address, sizeof address) == 0 ? sender : -1;
}

int main(int count, char **arguments) {
  static unsigned char run[LARGEST_RUN];
  double duration = count > 2 ? atof(arguments[1]) / 1000 : 0;
  datagram_size = count > 2 ? atoi(arguments[2]) : 0;
  if (duration <= 0 || datagram_size < 64 || datagram_size > 9000) {
    fprintf(stderr, "usage: udp_ceiling MILLISECONDS DATAGRAM_SIZE\n");
    return 2;
  }
  int sender = open_sockets();
  if (sender < 0) {
    perror("udp_ceiling");
    return 1;
  }
  int datagrams = LARGEST_RUN / datagram_size < 44 ? LARGEST_RUN / datagram_size : 44;
  struct protection protection = make_protection(1);
  pthread_t thread;
  pthread_create(&thread, NULL, receive, NULL);
  long sent = 0;
  double start = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
  while (seconds(CLOCK_MONOTONIC) - start < duration) {
    memset(run, 0, (size_t)datagrams * (size_t)datagram_size);
    for (int i = 0; i < datagrams; i++) seal(&protection, run + i * datagram_size, datagram_size, 0);
    if (send(sender, run, (size_t)datagrams * (size_t)datagram_size, 0) > 0) sent += datagrams;
  }
  double elapsed = seconds(CLOCK_MONOTONIC) - start;
  double sender_cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
  usleep(100000);
  stop = 1;
  pthread_join(thread, NULL);
  printf("{\"gbit\":%.4f,\"sent\":%ld,\"received\":%ld,\"refused\":%ld,\"senderCpu\":%.4f,\"receiverCpu\":%.4f}\n",
         (double)received * 8 * datagram_size / elapsed / 1e9, sent, received, refused,
         sender_cpu * 1e6 / (double)sent, receiver_cpu * 1e6 / (double)received);
  return refused == 0 ? 0 : 1;
}
