// Sending: runs of datagrams with segmentation offload, or many datagrams in one sendmmsg, and the queue behind a
// full kernel buffer.
#include <errno.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

#include "control-data.h"
#include "udp-offload.h"
#include "udp-socket.h"

namespace mpquic {

namespace {

/// What one send with segmentation may carry: UDP_MAX_SEGMENTS of older kernels, and an IPv4 packet.
constexpr size_t kLargestSegmentCount = 64;
constexpr size_t kLongestPayload = 65507;
constexpr size_t kLargestSendBatch = 64;

size_t longestChunk(size_t segmentSize) {
  size_t segments = std::min(kLargestSegmentCount, kLongestPayload / segmentSize);
  return std::max<size_t>(segments, 1) * segmentSize;
}

size_t datagramsOf(size_t length, size_t segmentSize) { return (length + segmentSize - 1) / segmentSize; }

/// Destination and control data that all datagrams of a run share.
struct Envelope {
  SocketAddress remote;
  alignas(cmsghdr) uint8_t control[128];
  size_t controlLength = 0;
  msghdr header = {};

  Envelope(const Run& run, bool connected, size_t segmentSize) {
    memset(control, 0, sizeof control);
    header.msg_control = control;
    if (!connected) {
      remote = remoteOfRow(run.destination);
      header.msg_name = &remote.storage;
      header.msg_namelen = remote.length;
      add(writePacketInfo(run.destination, &header, controlLength, sizeof control));
    }
    if (run.ecn != 0) {
      bool isIpv6 = run.destination[kRowFamily] == 6 && !remoteOfRow(run.destination).isMapped();
      int level = isIpv6 ? IPPROTO_IPV6 : IPPROTO_IP;
      int type = isIpv6 ? IPV6_TCLASS : IP_TOS;
      add(addControl(&header, controlLength, sizeof control, level, type, run.ecn));
    }
    if (segmentSize > 0) {
      uint16_t size = static_cast<uint16_t>(segmentSize);
      add(addControl(&header, controlLength, sizeof control, IPPROTO_UDP, UDP_SEGMENT, size));
    }
    header.msg_controllen = controlLength;
    if (controlLength == 0) header.msg_control = nullptr;
  }

  void add(size_t octets) { controlLength += octets; }
};

}  // namespace

int UdpSocket::send(const Run& run) {
  if (run.length == 0) return sendEmpty(run);
  bool blocked = false;
  int error = 0;
  size_t done = 0;
  if (queue_.empty()) {
    done = transmit(run, &blocked, &error);
  } else {
    blocked = true;
  }
  if (blocked) return enqueue(run, done);
  return error == 0 ? kSent : -error;
}

/// A datagram without payload, which no run of segments holds. It does not wait behind others.
int UdpSocket::sendEmpty(const Run& run) {
  Envelope envelope(run, connected_, 0);
  iovec buffer = {const_cast<uint8_t*>(run.data), 0};
  envelope.header.msg_iov = &buffer;
  envelope.header.msg_iovlen = 1;
  counters_.sendCalls += 1;
  if (sendmsg(fd_, &envelope.header, 0) >= 0) {
    datagramsSent(1, 0);
    return kSent;
  }
  if (errno == EAGAIN || errno == ENOBUFS) {
    // Nothing waits, so that nothing is told when there is room again.
    counters_.datagramsDropped += 1;
    return kSent;
  }
  counters_.sendErrors += 1;
  return -errno;
}

/// Sends a run as far as the kernel takes it. Returns the octets dealt with; those refused are counted, with the
/// first error. `blocked` where the kernel's buffer is full.
size_t UdpSocket::transmit(const Run& run, bool* blocked, int* error) {
  size_t at = 0;
  while (at < run.length) {
    size_t length = std::min(run.length - at, longestChunk(run.segmentSize));
    int refusal = 0;
    if (segmentation_ && length > run.segmentSize) {
      refusal = sendSegmented(run, at, length);
      if (refusal == 0) {
        at += length;
        continue;
      }
      if (refusal == EAGAIN) {
        *blocked = true;
        return at;
      }
    }
    int singleError = 0;
    at += sendSingly(run, at, length, blocked, &singleError);
    if (*error == 0) *error = singleError;
    if (*blocked) return at;
    // Where the same datagrams leave one by one, it is segmentation that does not work: a device without checksum
    // offload answers EIO, a kernel without the option EINVAL. ENOBUFS passes.
    if (singleError == 0 && (refusal == EIO || refusal == EINVAL)) segmentation_ = false;
  }
  return at;
}

/// One system call for many datagrams; an errno where the kernel refuses.
int UdpSocket::sendSegmented(const Run& run, size_t at, size_t length) {
  Envelope envelope(run, connected_, run.segmentSize);
  iovec buffer = {const_cast<uint8_t*>(run.data + at), length};
  envelope.header.msg_iov = &buffer;
  envelope.header.msg_iovlen = 1;
  for (;;) {
    int error = injected(true);
    counters_.sendCalls += 1;
    if (error == 0 && sendmsg(fd_, &envelope.header, 0) >= 0) break;
    if (error == 0) error = errno;
    if (error != EINTR) return error;
  }
  datagramsSent(datagramsOf(length, run.segmentSize), length);
  return 0;
}

/// Datagrams of their own, many in one system call. Returns the octets dealt with.
size_t UdpSocket::sendSingly(const Run& run, size_t at, size_t length, bool* blocked, int* error) {
  Envelope envelope(run, connected_, 0);
  mmsghdr messages[kLargestSendBatch];
  iovec buffers[kLargestSendBatch];
  size_t done = 0;
  while (done < length) {
    size_t count = std::min(kLargestSendBatch, datagramsOf(length - done, run.segmentSize));
    for (size_t i = 0, start = done; i < count; i++, start += run.segmentSize) {
      size_t octets = std::min(run.segmentSize, length - start);
      buffers[i] = {const_cast<uint8_t*>(run.data + at + start), octets};
      messages[i].msg_hdr = envelope.header;
      messages[i].msg_hdr.msg_iov = &buffers[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    int failure = injected(false);
    int sent = failure == 0 ? sendmmsg(fd_, messages, static_cast<unsigned>(count), 0) : -1;
    if (failure == 0 && sent < 0) failure = errno;
    counters_.sendCalls += 1;
    if (sent > 0) {
      size_t octets = std::min(length - done, static_cast<size_t>(sent) * run.segmentSize);
      datagramsSent(static_cast<size_t>(sent), octets);
      done += octets;
    } else if (failure == EAGAIN) {
      *blocked = true;
      return done;
    } else if (failure != EINTR) {
      // This datagram is lost, the others have their chance.
      if (failure == ENOBUFS) counters_.datagramsDropped += 1;
      else counters_.sendErrors += 1;
      if (failure != ENOBUFS && *error == 0) *error = failure;
      done += std::min(run.segmentSize, length - done);
    }
  }
  return done;
}

void UdpSocket::datagramsSent(size_t count, size_t octets) {
  counters_.datagramsSent += static_cast<double>(count);
  counters_.bytesSent += static_cast<double>(octets);
}

/// Keeps what follows `at` until the kernel has room, as far as the queue has.
int UdpSocket::enqueue(const Run& run, size_t at) {
  size_t waiting = datagramsOf(run.length - at, run.segmentSize);
  size_t taken = std::min(waiting, queueLimit_ - std::min(queued_, queueLimit_));
  counters_.datagramsDropped += static_cast<double>(waiting - taken);
  if (taken == 0) return kDropped;
  size_t end = std::min(run.length, at + taken * run.segmentSize);
  queue_.emplace_back();
  QueuedRun& kept = queue_.back();
  kept.data.assign(run.data + at, run.data + end);
  kept.at = 0;
  kept.segmentSize = run.segmentSize;
  kept.ecn = run.ecn;
  memcpy(kept.destination, run.destination, sizeof kept.destination);
  if (queued_ == 0) uv_poll_start(&poll_, UV_READABLE | UV_WRITABLE, onPoll);
  queued_ += taken;
  return kQueued;
}

void UdpSocket::flush() {
  while (!closing_ && !queue_.empty()) {
    QueuedRun& next = queue_.front();
    Run run = {next.data.data() + next.at, next.data.size() - next.at, next.segmentSize, next.ecn,
               next.destination};
    bool blocked = false;
    int error = 0;
    size_t done = transmit(run, &blocked, &error);
    queued_ -= datagramsOf(done, run.segmentSize);
    next.at += done;
    if (next.at == next.data.size()) queue_.pop_front();
    if (error != 0) report(Report::kFailed, error);
    if (blocked) return;
  }
  if (closing_) return;
  uv_poll_start(&poll_, UV_READABLE, onPoll);
  report(Report::kWritable, 0);
}

void UdpSocket::injectSendError(int error, int count, bool onlySegmented) {
  injectedError_ = error;
  injectedCount_ = count;
  injectedOnlySegmented_ = onlySegmented;
}

int UdpSocket::injected(bool segmented) {
  if (injectedCount_ == 0 || (injectedOnlySegmented_ && !segmented)) return 0;
  injectedCount_ -= 1;
  return injectedError_;
}

}  // namespace mpquic
