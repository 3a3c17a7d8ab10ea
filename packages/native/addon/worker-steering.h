// Several sockets on one address, one for each worker: the kernel picks by connection ID.
#pragma once
#include <linux/filter.h>
#include <sys/socket.h>

#include <cstdint>

namespace mpquic {

/// Lets sockets of one user share an address, and the kernel choose among the `workers` sockets, in the order in which
/// they were bound, by the octet behind the first of the destination connection ID: there our connection IDs name the
/// server (QUIC-LB §5.2). The same as `workerOf` of packages/quic/src/set/routable-connection-ids.ts. A kernel that
/// refuses the program chooses by addresses and ports.
inline void steerToWorkers(int fd, uint32_t workers) {
  sock_filter program[] = {
      // Offsets from the start of the UDP payload. The first bit tells long headers.
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 0},
      {BPF_JMP | BPF_JSET | BPF_K, 2, 0, 0x80},
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 2},
      {BPF_JMP | BPF_JA, 0, 0, 1},
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 7},
      {BPF_ALU | BPF_MOD | BPF_K, 0, 0, workers},
      {BPF_RET | BPF_A, 0, 0, 0},
  };
  sock_fprog filter = {sizeof program / sizeof program[0], program};
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof filter);
}

}  // namespace mpquic
