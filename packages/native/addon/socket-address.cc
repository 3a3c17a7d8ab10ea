#include "socket-address.h"

#include <cstring>

#include "control-data.h"

namespace mpquic {

bool SocketAddress::isWildcard() const {
  if (family() == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr.s_addr == htonl(INADDR_ANY);
  }
  return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr);
}

bool SocketAddress::isMapped() const {
  return family() == AF_INET6 &&
         IN6_IS_ADDR_V4MAPPED(&reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr);
}

SocketAddress remoteOfRow(const int32_t* row) {
  SocketAddress address;
  if (row[kRowPort] < 0 || row[kRowPort] > 0xffff) return address;
  uint16_t port = htons(static_cast<uint16_t>(row[kRowPort]));
  if (row[kRowFamily] == 4) {
    auto* inet = reinterpret_cast<sockaddr_in*>(&address.storage);
    inet->sin_family = AF_INET;
    inet->sin_port = port;
    memcpy(&inet->sin_addr, row + kRowRemote, sizeof inet->sin_addr);
    address.length = sizeof *inet;
  } else if (row[kRowFamily] == 6) {
    auto* inet = reinterpret_cast<sockaddr_in6*>(&address.storage);
    inet->sin6_family = AF_INET6;
    inet->sin6_port = port;
    inet->sin6_scope_id = static_cast<uint32_t>(row[kRowScope]);
    memcpy(&inet->sin6_addr, row + kRowRemote, sizeof inet->sin6_addr);
    address.length = sizeof *inet;
  }
  return address;
}

void writeRemote(const SocketAddress& address, int32_t* row) {
  if (address.family() == AF_INET) {
    const auto* inet = reinterpret_cast<const sockaddr_in*>(&address.storage);
    row[kRowFamily] = 4;
    row[kRowPort] = ntohs(inet->sin_port);
    row[kRowScope] = 0;
    memcpy(row + kRowRemote, &inet->sin_addr, sizeof inet->sin_addr);
  } else if (address.family() == AF_INET6) {
    const auto* inet = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    row[kRowFamily] = 6;
    row[kRowPort] = ntohs(inet->sin6_port);
    row[kRowScope] = static_cast<int32_t>(inet->sin6_scope_id);
    memcpy(row + kRowRemote, &inet->sin6_addr, sizeof inet->sin6_addr);
  } else {
    row[kRowFamily] = 0;
  }
}

size_t writePacketInfo(const int32_t* row, msghdr* message, size_t used, size_t capacity) {
  if (row[kRowHasLocal] != 1) return 0;
  if (row[kRowFamily] == 4) {
    in_pktinfo info = {};
    memcpy(&info.ipi_spec_dst, row + kRowLocal, sizeof info.ipi_spec_dst);
    return addControl(message, used, capacity, IPPROTO_IP, IP_PKTINFO, info);
  }
  in6_pktinfo info = {};
  memcpy(&info.ipi6_addr, row + kRowLocal, sizeof info.ipi6_addr);
  return addControl(message, used, capacity, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

}  // namespace mpquic
