// Opening, closing, and the event loop's side of a UDP socket.
#include "udp-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <unistd.h>

#include "arguments.h"
#include "udp-offload.h"
#include "worker-steering.h"

namespace mpquic {

static bool enable(int fd, int level, int option, int value = 1) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

UdpSocket* UdpSocket::open(napi_env env, const SocketOptions& options, napi_value slab, napi_value table,
                           napi_value callback, int* error) {
  auto* socket = new UdpSocket();
  socket->env_ = env;
  socket->queueLimit_ = options.queueLimit;
  *error = options.descriptor > 0 ? socket->adopt(options) : socket->bindTo(options);
  if (*error == 0 && socket->listen(slab, table, callback)) return socket;
  if (*error == 0) *error = ENOMEM;
  if (socket->fd_ >= 0) ::close(socket->fd_);
  socket->releaseReferences();
  delete socket;
  return nullptr;
}

int UdpSocket::reserve(const SocketOptions& options, SocketAddress* local, int* error) {
  UdpSocket socket;
  *error = socket.bindTo(options);
  if (*error == 0) {
    *local = socket.local_;
    return socket.fd_;
  }
  if (socket.fd_ >= 0) ::close(socket.fd_);
  return -1;
}

/// Takes a descriptor of its own for a socket that is bound: whoever reserved it closes theirs.
int UdpSocket::adopt(const SocketOptions& options) {
  int type = 0;
  socklen_t length = sizeof type;
  if (getsockopt(options.descriptor, SOL_SOCKET, SO_TYPE, &type, &length) != 0) return errno;
  if (type != SOCK_DGRAM) return EINVAL;
  fd_ = fcntl(options.descriptor, F_DUPFD_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  int error = readLocal();
  if (error != 0) return error;
  if (local_.family() != options.local.family()) return EINVAL;
  enableOptions(options);
  return 0;
}

int UdpSocket::readLocal() {
  local_.length = sizeof local_.storage;
  return getsockname(fd_, reinterpret_cast<sockaddr*>(&local_.storage), &local_.length) == 0 ? 0 : errno;
}

int UdpSocket::bindTo(const SocketOptions& options) {
  const SocketAddress& wanted = options.local;
  fd_ = socket(wanted.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  enableOptions(options);
  if (options.workers > 1 && !enable(fd_, SOL_SOCKET, SO_REUSEPORT)) return errno;
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&wanted.storage), wanted.length) != 0) return errno;
  connected_ = options.remote.length > 0;
  const auto* remote = reinterpret_cast<const sockaddr*>(&options.remote.storage);
  if (connected_ && connect(fd_, remote, options.remote.length) != 0) return errno;
  if (options.workers > 1) steerToWorkers(fd_, options.workers);
  return readLocal();
}

/// What the kernel lacks is done without: nothing here is needed for datagrams to pass.
void UdpSocket::enableOptions(const SocketOptions& options) {
  bool isIpv6 = options.local.family() == AF_INET6;
  // Where the socket is bound to no address, each datagram tells its own.
  bool wantsLocal = options.local.isWildcard() && options.remote.length == 0;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receiveBufferSize, sizeof(int));
  setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &options.sendBufferSize, sizeof(int));
  if (isIpv6) {
    enable(fd_, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6Only ? 1 : 0);
    enable(fd_, IPPROTO_IPV6, IPV6_RECVTCLASS);
    enable(fd_, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    if (wantsLocal) enable(fd_, IPPROTO_IPV6, IPV6_RECVPKTINFO);
  }
  // An IPv6 socket needs these for IPv4-mapped addresses. RFC 9000 §14: QUIC packets MUST NOT be fragmented.
  enable(fd_, IPPROTO_IP, IP_RECVTOS);
  enable(fd_, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  if (wantsLocal && !isIpv6) enable(fd_, IPPROTO_IP, IP_PKTINFO);
  coalescing_ = options.coalescing && enable(fd_, IPPROTO_UDP, UDP_GRO);
  // The kernel knows the option where it takes "no segmentation" as the socket's default.
  segmentation_ = options.segmentation && enable(fd_, IPPROTO_UDP, UDP_SEGMENT, 0);
}

bool UdpSocket::listen(napi_value slab, napi_value table, napi_value callback) {
  napi_value name = nullptr;
  uv_loop_t* loop = nullptr;
  bool referenced = napi_create_reference(env_, slab, 1, &slab_) == napi_ok &&
                    napi_create_reference(env_, table, 1, &table_) == napi_ok &&
                    napi_create_reference(env_, callback, 1, &callback_) == napi_ok &&
                    napi_create_string_latin1(env_, "MPQUIC_UDP", NAPI_AUTO_LENGTH, &name) == napi_ok &&
                    napi_async_init(env_, nullptr, name, &asyncContext_) == napi_ok;
  if (!referenced || napi_get_uv_event_loop(env_, &loop) != napi_ok) return false;
  if (uv_poll_init(loop, &poll_, fd_) != 0) return false;
  poll_.data = this;
  uv_poll_start(&poll_, UV_READABLE, onPoll);
  napi_add_async_cleanup_hook(env_, onTeardown, this, &teardown_);
  return true;
}

void UdpSocket::releaseReferences() {
  for (napi_ref* reference : {&slab_, &table_, &callback_}) {
    if (*reference != nullptr) napi_delete_reference(env_, *reference);
    *reference = nullptr;
  }
  if (asyncContext_ != nullptr) napi_async_destroy(env_, asyncContext_);
  asyncContext_ = nullptr;
}

void UdpSocket::close() {
  if (closing_) return;
  closing_ = true;
  counters_.datagramsDropped += static_cast<double>(queued_);
  queue_.clear();
  queued_ = 0;
  releaseReferences();
  uv_poll_stop(&poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* socket = static_cast<UdpSocket*>(handle->data);
    if (socket->teardown_ != nullptr) napi_remove_async_cleanup_hook(socket->teardown_);
    delete socket;
  });
  ::close(fd_);
  fd_ = -1;
}

/// The environment ends with the socket open.
void UdpSocket::onTeardown(napi_async_cleanup_hook_handle, void* socket) {
  static_cast<UdpSocket*>(socket)->close();
}

void UdpSocket::onPoll(uv_poll_t* handle, int status, int events) {
  auto* socket = static_cast<UdpSocket*>(handle->data);
  if (status < 0) socket->takeError();
  if (socket->closing_) return;
  if ((events & UV_WRITABLE) != 0) socket->flush();
  if ((events & UV_READABLE) != 0 && !socket->closing_) socket->receive();
}

/// libuv stops polling where the socket has an error to tell, such as ECONNREFUSED, which ends nothing.
void UdpSocket::takeError() {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  uv_poll_start(&poll_, queue_.empty() ? UV_READABLE : UV_READABLE | UV_WRITABLE, onPoll);
  if (error != 0) report(Report::kFailed, error);
}

/// Calls JavaScript, which may close this socket.
void UdpSocket::report(Report kind, int value) {
  napi_handle_scope scope = nullptr;
  if (callback_ == nullptr || napi_open_handle_scope(env_, &scope) != napi_ok) return;
  napi_env env = env_;
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  napi_value arguments[2] = {makeNumber(env, static_cast<int>(kind)), makeNumber(env, value)};
  napi_get_reference_value(env, callback_, &callback);
  napi_get_global(env, &receiver);
  if (napi_make_callback(env, asyncContext_, receiver, callback, 2, arguments, nullptr) == napi_pending_exception) {
    napi_value error = nullptr;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

}  // namespace mpquic
