// UDP addresses and received messages as rows of an Int32Array.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace mpquic {

/// Columns of a row; the same as SocketColumn of packages/native/src/socket-row.ts. Addresses stand in network order.
enum SocketColumn {
  kRowOffset = 0,
  kRowLength = 1,
  kRowSegmentSize = 2,
  kRowEcn = 3,
  /// 4 or 6; 0 where there is no remote address.
  kRowFamily = 4,
  kRowPort = 5,
  kRowRemote = 6,
  kRowScope = 10,
  kRowLocal = 11,
  /// 1 where the row has a local address.
  kRowHasLocal = 15,
};
constexpr size_t kSocketRowLength = 16;

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;

  int family() const { return storage.ss_family; }
  bool isWildcard() const;
  /// An IPv4 address in an IPv6 one. RFC 4291 §2.5.5.2
  bool isMapped() const;
};

/// The remote columns as an address; `length` 0 where the family is 0 or unknown, or the port no port.
SocketAddress remoteOfRow(const int32_t* row);
void writeRemote(const SocketAddress& address, int32_t* row);

/// The IP_PKTINFO or IPV6_PKTINFO that makes a datagram leave from the row's local address. Returns the octets of
/// control data written, 0 where the row has none.
size_t writePacketInfo(const int32_t* row, msghdr* message, size_t used, size_t capacity);

}  // namespace mpquic
