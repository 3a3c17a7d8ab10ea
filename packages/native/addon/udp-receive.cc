// Receiving: recvmmsg into the slab of JavaScript, one row of the table for each message.
#include <errno.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

#include "control-data.h"
#include "instance.h"
#include "udp-offload.h"
#include "udp-socket.h"

namespace mpquic {

namespace {

constexpr size_t kSmallestBatch = 4;
/// Octets of one batch, about: what is opened and copied soon after should still be in a core's cache, and other sockets
/// have their turn, or what belongs between the datagrams of two paths would pile up.
constexpr size_t kBatchOctets = 512 * 1024;

void readControls(msghdr* message, int32_t* row) {
  row[kRowEcn] = 0;
  row[kRowHasLocal] = 0;
  row[kRowSegmentSize] = row[kRowLength];
  for (cmsghdr* item = CMSG_FIRSTHDR(message); item != nullptr; item = CMSG_NXTHDR(message, item)) {
    int level = item->cmsg_level;
    int type = item->cmsg_type;
    if (level == IPPROTO_UDP && type == UDP_GRO) {
      row[kRowSegmentSize] = controlValue<int>(item);
    } else if (level == IPPROTO_IP && type == IP_TOS) {
      row[kRowEcn] = controlValue<uint8_t>(item) & 3;
    } else if (level == IPPROTO_IPV6 && type == IPV6_TCLASS) {
      row[kRowEcn] = controlValue<int>(item) & 3;
    } else if (level == IPPROTO_IP && type == IP_PKTINFO && row[kRowFamily] == 4) {
      in_pktinfo info = controlValue<in_pktinfo>(item);
      memcpy(row + kRowLocal, &info.ipi_addr, sizeof info.ipi_addr);
      row[kRowHasLocal] = 1;
    } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
      in6_pktinfo info = controlValue<in6_pktinfo>(item);
      memcpy(row + kRowLocal, &info.ipi6_addr, sizeof info.ipi6_addr);
      row[kRowHasLocal] = 1;
    }
  }
}

}  // namespace

/// One batch: the event loop comes back where more waits, after the other sockets.
void UdpSocket::receive() {
  int received = receiveBatch(instanceOf(env_).receiveWorkspace);
  if (received < 0) report(Report::kFailed, -received);
  if (received <= 0) return;
  report(Report::kBatch, received);
  // Node.js runs promises and ticks where a callback ends.
  if (!closing_) report(Report::kSettled, 0);
}

/// Messages received, 0 where none wait, or a negative errno.
int UdpSocket::receiveBatch(ReceiveWorkspace& workspace) {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return 0;
  Bytes slab = referencedBytes(env_, slab_);
  Words table = referencedWords(env_, table_);
  napi_close_handle_scope(env_, scope);
  size_t capacity = std::min({slab.length / kSlotLength, table.length / kSocketRowLength, kLargestBatch});
  size_t asked = std::min(batch_, capacity);
  if (asked == 0) return -EFAULT;
  for (size_t i = 0; i < asked; i++) {
    workspace.buffers[i] = {slab.data + i * kSlotLength, kSlotLength};
    msghdr& header = workspace.messages[i].msg_hdr;
    header = {};
    header.msg_name = &workspace.senders[i].storage;
    header.msg_namelen = sizeof workspace.senders[i].storage;
    header.msg_iov = &workspace.buffers[i];
    header.msg_iovlen = 1;
    header.msg_control = workspace.controls[i].octets;
    header.msg_controllen = sizeof workspace.controls[i].octets;
  }
  int received = recvmmsg(fd_, workspace.messages, static_cast<unsigned>(asked), MSG_DONTWAIT, nullptr);
  counters_.receiveCalls += 1;
  if (received < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;

  size_t count = static_cast<size_t>(received);
  size_t octets = 0;
  for (size_t i = 0; i < count; i++) {
    int32_t* row = table.data + i * kSocketRowLength;
    mmsghdr& message = workspace.messages[i];
    workspace.senders[i].length = message.msg_hdr.msg_namelen;
    row[kRowOffset] = static_cast<int32_t>(i * kSlotLength);
    row[kRowLength] = static_cast<int32_t>(message.msg_len);
    writeRemote(workspace.senders[i], row);
    readControls(&message.msg_hdr, row);
    int32_t segmentSize = row[kRowSegmentSize];
    octets += message.msg_len;
    counters_.datagramsReceived +=
        segmentSize > 0 ? (message.msg_len + segmentSize - 1) / static_cast<unsigned>(segmentSize) : 1;
  }
  counters_.bytesReceived += static_cast<double>(octets);
  adaptBatch(asked, count, octets, capacity);
  return received;
}

/// A full batch asks for more the next time, a nearly empty one for less: each message asked for has its price.
void UdpSocket::adaptBatch(size_t asked, size_t received, size_t octets, size_t capacity) {
  size_t least = std::min(kSmallestBatch, capacity);
  if (octets > kBatchOctets || received < asked / 4) batch_ = std::max(asked / 2, least);
  else if (received == asked && 2 * octets <= kBatchOctets) batch_ = std::min(asked * 2, capacity);
}

}  // namespace mpquic
