// The functions that packages/native/src/addon.ts declares: sockets.
#include <uv.h>

#include <cstring>

#include "instance.h"

namespace mpquic {

namespace {

constexpr int64_t kLargestQueue = 1 << 20;
constexpr int64_t kMostWorkers = 256;

enum Feature { kSegmentation = 1, kCoalescing = 2, kIpv6Only = 4 };

UdpSocket* socketOf(Arguments& arguments, int64_t handle) {
  if (!arguments.ok()) return nullptr;
  SocketHandle* found = instanceOf(arguments.env()).sockets.find(handle);
  arguments.require(found != nullptr, "a socket that is not, or no longer, there");
  return arguments.ok() ? found->socket : nullptr;
}

void throwSystemError(napi_env env, int error) {
  napi_throw_error(env, uv_err_name(-error), uv_strerror(-error));
}

void setFeatures(SocketOptions& options, int64_t features) {
  options.segmentation = (features & kSegmentation) != 0;
  options.coalescing = (features & kCoalescing) != 0;
  options.ipv6Only = (features & kIpv6Only) != 0;
}

/// openSocket(local, remote, receiveBufferSize, sendBufferSize, queueLimit, features, workers, descriptor, slab, table,
/// callback): binds to the address in the row `local`, where the address that the socket got replaces it; or uses the
/// bound socket `descriptor`, where it is not 0.
napi_value OpenSocket(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 11);
  Words local = arguments.words(0);
  Words remote = arguments.words(1);
  SocketOptions options = {};
  options.receiveBufferSize = static_cast<int>(arguments.length(2));
  options.sendBufferSize = static_cast<int>(arguments.length(3));
  options.queueLimit = static_cast<size_t>(arguments.integer(4, 0, kLargestQueue));
  int64_t features = arguments.integer(5, 0, kSegmentation | kCoalescing | kIpv6Only);
  options.workers = static_cast<uint32_t>(arguments.integer(6, 0, kMostWorkers));
  options.descriptor = static_cast<int>(arguments.integer(7, 0, INT32_MAX));
  Bytes slab = arguments.bytes(8);
  Words table = arguments.words(9);
  napi_value callback = arguments.function(10);
  arguments.require(local.length >= kSocketRowLength && remote.length >= kSocketRowLength,
                    "an address row is too short");
  arguments.require(slab.length >= kSlotLength && table.length >= kSocketRowLength,
                    "no room to receive a datagram");
  if (!arguments.ok()) return nullptr;
  options.local = remoteOfRow(local.data);
  options.remote = remoteOfRow(remote.data);
  setFeatures(options, features);
  if (!arguments.require(options.local.length > 0, "no local address")) return nullptr;

  int error = 0;
  UdpSocket* socket = UdpSocket::open(env, options, arguments.value(8), arguments.value(9), callback, &error);
  if (socket == nullptr) {
    throwSystemError(env, error);
    return nullptr;
  }
  double handle = instanceOf(env).sockets.add(std::unique_ptr<SocketHandle>(new SocketHandle{socket}));
  if (handle == 0) {
    socket->close();
    arguments.fail("too many sockets");
    return nullptr;
  }
  writeRemote(socket->local(), local.data);
  return makeNumber(env, handle);
}

/// reserveSocket(local, receiveBufferSize, sendBufferSize, features, workers): binds a socket that openSocket is given
/// later, in any environment of this process. The address that it got replaces the one in the row.
napi_value ReserveSocket(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 5);
  Words local = arguments.words(0);
  SocketOptions options = {};
  options.receiveBufferSize = static_cast<int>(arguments.length(1));
  options.sendBufferSize = static_cast<int>(arguments.length(2));
  setFeatures(options, arguments.integer(3, 0, kSegmentation | kCoalescing | kIpv6Only));
  options.workers = static_cast<uint32_t>(arguments.integer(4, 0, kMostWorkers));
  arguments.require(local.length >= kSocketRowLength, "an address row is too short");
  if (!arguments.ok()) return nullptr;
  options.local = remoteOfRow(local.data);
  if (!arguments.require(options.local.length > 0, "no local address")) return nullptr;

  int error = 0;
  SocketAddress bound;
  int descriptor = UdpSocket::reserve(options, &bound, &error);
  if (descriptor < 0) {
    throwSystemError(env, error);
    return nullptr;
  }
  std::unique_ptr<SocketReservation> reservation(new SocketReservation(descriptor));
  double handle = instanceOf(env).reservations.add(std::move(reservation));
  if (handle == 0) {
    arguments.fail("too many sockets");
    return nullptr;
  }
  writeRemote(bound, local.data);
  return makeNumber(env, handle);
}

/// reservedDescriptor(handle)
napi_value ReservedDescriptor(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  SocketReservation* found = instanceOf(env).reservations.find(arguments.handle(0));
  if (!arguments.require(found != nullptr, "a reservation that is not, or no longer, there")) return nullptr;
  return makeNumber(env, found->descriptor());
}

/// releaseReservation(handle): who uses the socket goes on.
napi_value ReleaseReservation(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  instanceOf(env).reservations.remove(arguments.handle(0));
  return nullptr;
}

/// send(handle, buffer, start, length, segmentSize, ecn, destination): 0 sent, 1 queued, 2 dropped because the queue is
/// full, or a negative errno. `destination` is a row; its address is not looked at where the socket is connected.
napi_value Send(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 7);
  int64_t handle = arguments.handle(0);
  Bytes buffer = arguments.bytes(1);
  size_t start = arguments.length(2);
  size_t length = arguments.length(3);
  size_t segmentSize = static_cast<size_t>(arguments.integer(4, 1, UINT16_MAX));
  int ecn = static_cast<int>(arguments.integer(5, 0, 3));
  Words destination = arguments.words(6);
  UdpSocket* socket = socketOf(arguments, handle);
  arguments.require(start + length <= buffer.length, "the run lies outside of the buffer");
  arguments.require(destination.length >= kSocketRowLength, "an address row is too short");
  if (!arguments.ok()) return nullptr;
  Run run = {buffer.data + start, length, segmentSize, ecn, destination.data};
  return makeNumber(env, socket->send(run));
}

/// Numbers in the order of SocketState in packages/native/src/addon.ts.
napi_value makeState(napi_env env, const UdpSocket& socket) {
  const SocketCounters& counters = socket.counters();
  const double values[] = {
      counters.datagramsSent,
      counters.bytesSent,
      counters.datagramsReceived,
      counters.bytesReceived,
      counters.datagramsDropped,
      counters.sendErrors,
      counters.sendCalls,
      counters.receiveCalls,
      socket.segmentation() ? 1.0 : 0.0,
      socket.coalescing() ? 1.0 : 0.0,
      static_cast<double>(socket.queued()),
      static_cast<double>(socket.batch()),
  };
  napi_value result = nullptr;
  napi_create_array(env, &result);
  uint32_t index = 0;
  for (double value : values) napi_set_element(env, result, index++, makeNumber(env, value));
  return result;
}

/// socketState(handle)
napi_value SocketState(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  UdpSocket* socket = socketOf(arguments, arguments.handle(0));
  return socket == nullptr ? nullptr : makeState(env, *socket);
}

/// closeSocket(handle): releases the port, drops what is queued, and returns the last state.
napi_value CloseSocket(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  int64_t handle = arguments.handle(0);
  UdpSocket* socket = socketOf(arguments, handle);
  if (socket == nullptr) return nullptr;
  instanceOf(env).sockets.remove(handle);
  // The socket itself lives on until the event loop has let go of it.
  socket->close();
  return makeState(env, *socket);
}

/// injectSendError(handle, errno, count, onlySegmented): for tests of what a loopback interface never answers.
napi_value InjectSendError(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  int64_t handle = arguments.handle(0);
  int error = static_cast<int>(arguments.integer(1, 1, 4095));
  int count = static_cast<int>(arguments.integer(2, 0, kLargestQueue));
  bool onlySegmented = arguments.integer(3, 0, 1) == 1;
  UdpSocket* socket = socketOf(arguments, handle);
  if (socket != nullptr) socket->injectSendError(error, count, onlySegmented);
  return nullptr;
}

constexpr FunctionEntry kFunctions[] = {
    {"openSocket", OpenSocket},
    {"reserveSocket", ReserveSocket},
    {"reservedDescriptor", ReservedDescriptor},
    {"releaseReservation", ReleaseReservation},
    {"send", Send},
    {"closeSocket", CloseSocket},
    {"socketState", SocketState},
    {"injectSendError", InjectSendError},
};

}  // namespace

bool defineSocketFunctions(napi_env env, napi_value exports) { return defineFunctions(env, exports, kFunctions); }

}  // namespace mpquic
