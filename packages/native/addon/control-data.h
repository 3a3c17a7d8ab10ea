// Ancillary data of recvmsg and sendmsg.
#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <cstring>

namespace mpquic {

/// Appends one item behind `used` octets; returns the octets it takes, 0 where it does not fit.
template <class T>
size_t addControl(msghdr* message, size_t used, size_t capacity, int level, int type, const T& value) {
  size_t space = CMSG_SPACE(sizeof value);
  if (used + space > capacity) return 0;
  auto* item = reinterpret_cast<cmsghdr*>(static_cast<char*>(message->msg_control) + used);
  item->cmsg_level = level;
  item->cmsg_type = type;
  item->cmsg_len = CMSG_LEN(sizeof value);
  memcpy(CMSG_DATA(item), &value, sizeof value);
  return space;
}

/// The value of an item, which need not be aligned.
template <class T>
T controlValue(const cmsghdr* item) {
  T value = {};
  size_t length = item->cmsg_len - CMSG_LEN(0);
  memcpy(&value, CMSG_DATA(item), length < sizeof value ? length : sizeof value);
  return value;
}

}  // namespace mpquic
