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
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "protection.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { MESSAGES = 8, MESSAGE_SIZE = 65536, LARGEST_RUN = 65507 };

static int datagram_size;
static int receiver;
static atomic_int stop;
static atomic_long received, refused;
static double receiver_cpu;

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
