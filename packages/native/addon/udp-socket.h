// Batched UDP: recvmmsg with generic receive offload, sendmmsg with generic segmentation offload.
#pragma once
#define NAPI_VERSION 8
#include <node_api.h>
#include <sys/socket.h>
#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "socket-address.h"

namespace mpquic {

/// Octets of the receive slab for each message: the largest that offload makes.
constexpr size_t kSlotLength = 65536;
/// Messages of one recvmmsg at most.
constexpr size_t kLargestBatch = 64;

/// What recvmmsg needs, shared by the sockets of an environment, which receive one at a time.
struct ReceiveWorkspace {
  struct Control {
    alignas(cmsghdr) uint8_t octets[256];
  };
  mmsghdr messages[kLargestBatch];
  iovec buffers[kLargestBatch];
  Control controls[kLargestBatch];
  SocketAddress senders[kLargestBatch];
};

/// Datagrams of `segmentSize` octets each, the last maybe shorter, for one address.
struct Run {
  const uint8_t* data;
  size_t length;
  size_t segmentSize;
  int ecn;
  /// A socket row: remote address, and maybe local one. See SocketColumn.
  const int32_t* destination;
};

/// What the callback of a socket is told; the same as SocketReport of packages/native/src/addon.ts.
enum class Report { kBatch = 0, kWritable = 1, kFailed = 2, kSettled = 3 };

struct SocketCounters {
  double datagramsSent = 0;
  double bytesSent = 0;
  double datagramsReceived = 0;
  double bytesReceived = 0;
  double datagramsDropped = 0;
  double sendErrors = 0;
  /// System calls.
  double sendCalls = 0;
  double receiveCalls = 0;
};

struct SocketOptions {
  SocketAddress local;
  /// `length` 0: not connected.
  SocketAddress remote;
  int receiveBufferSize;
  int sendBufferSize;
  size_t queueLimit;
  bool segmentation;
  bool coalescing;
  bool ipv6Only;
  /// Sockets that share the local address; 0 or 1: this one alone.
  uint32_t workers;
  /// A bound UDP socket of this process, to be used instead of a new one; 0 for none.
  int descriptor;
};

/// One UDP socket on the environment's event loop. It lives from `open` until the loop has let go of it after `close`.
class UdpSocket {
 public:
  /// Binds and starts to receive. nullptr where the system refuses, with its errno.
  static UdpSocket* open(napi_env env, const SocketOptions& options, napi_value slab, napi_value table,
                         napi_value callback, int* error);

  /// Binds a socket that waits for who uses its descriptor; -1 where the system refuses, with its errno.
  static int reserve(const SocketOptions& options, SocketAddress* local, int* error);

  /// kSent, kQueued or kDropped; or a negative errno where datagrams were refused.
  int send(const Run& run);
  /// Releases the port at once; what is queued is dropped.
  void close();

  const SocketAddress& local() const { return local_; }
  const SocketCounters& counters() const { return counters_; }
  bool segmentation() const { return segmentation_; }
  bool coalescing() const { return coalescing_; }
  size_t queued() const { return queued_; }
  /// Messages that the next recvmmsg asks for.
  size_t batch() const { return batch_; }

  /// For tests: the next `count` sends, or only those with segmentation, fail with `error`.
  void injectSendError(int error, int count, bool onlySegmented);

  static constexpr int kSent = 0;
  static constexpr int kQueued = 1;
  static constexpr int kDropped = 2;

 private:
  struct QueuedRun {
    std::vector<uint8_t> data;
    size_t at;
    size_t segmentSize;
    int ecn;
    int32_t destination[kSocketRowLength];
  };
  struct Message;

  UdpSocket() = default;
  ~UdpSocket() = default;

  int bindTo(const SocketOptions& options);
  int adopt(const SocketOptions& options);
  int readLocal();
  void enableOptions(const SocketOptions& options);
  bool listen(napi_value slab, napi_value table, napi_value callback);
  void releaseReferences();

  static void onPoll(uv_poll_t* handle, int status, int events);
  static void onTeardown(napi_async_cleanup_hook_handle hook, void* socket);
  void takeError();
  void receive();
  int receiveBatch(ReceiveWorkspace& workspace);
  void adaptBatch(size_t asked, size_t received, size_t octets, size_t capacity);
  void report(Report kind, int value);

  int sendEmpty(const Run& run);
  size_t transmit(const Run& run, bool* blocked, int* error);
  int sendSegmented(const Run& run, size_t at, size_t length);
  size_t sendSingly(const Run& run, size_t at, size_t length, bool* blocked, int* error);
  int injected(bool segmented);
  void datagramsSent(size_t count, size_t octets);
  int enqueue(const Run& run, size_t at);
  void flush();

  napi_env env_ = nullptr;
  napi_ref slab_ = nullptr;
  napi_ref table_ = nullptr;
  napi_ref callback_ = nullptr;
  napi_async_context asyncContext_ = nullptr;
  napi_async_cleanup_hook_handle teardown_ = nullptr;
  uv_poll_t poll_ = {};
  int fd_ = -1;
  SocketAddress local_;
  bool connected_ = false;
  bool segmentation_ = false;
  bool coalescing_ = false;
  bool closing_ = false;
  size_t batch_ = 4;
  std::deque<QueuedRun> queue_;
  size_t queued_ = 0;
  size_t queueLimit_ = 0;
  SocketCounters counters_;
  int injectedError_ = 0;
  int injectedCount_ = 0;
  bool injectedOnlySegmented_ = false;
};

/// How an instance refers to a socket.
struct SocketHandle {
  UdpSocket* socket;
};

}  // namespace mpquic
