// A TUN device of Linux: the kernel's end of an IP link whose other end is this process.
#pragma once
#define NAPI_VERSION 8
#include <net/if.h>
#include <node_api.h>
#include <uv.h>

#include <cstddef>
#include <cstdint>

namespace mpquic {

/// One device on the environment's event loop. It lives from `open` until the loop has let go of it after `close`. The
/// interface goes with it unless it was made persistent before.
class TunDevice {
 public:
  /// Makes the interface `name`, in which %d stands for a free number, or takes a persistent one that nobody uses.
  /// `callback` is called where packets wait. nullptr where the system refuses, with its errno.
  static TunDevice* open(napi_env env, const char* name, napi_value callback, int* error);

  /// Sets address, mask and MTU and brings the interface up; an errno, or 0. Octets as in the packet header.
  int configure(const uint8_t address[4], int prefixLength, int mtu);
  /// Routes a prefix into the interface; an errno, or 0.
  int addRoute(const uint8_t network[4], int prefixLength);

  /// Reads one packet: its length, 0 where none waits, or a negative errno.
  int read(uint8_t* into, size_t capacity);
  /// Hands the kernel one packet: its length, 0 where there is no room, or a negative errno.
  int write(const uint8_t* packet, size_t length);
  /// Gives the interface up at once.
  void close();

  const char* name() const { return name_; }

 private:
  TunDevice() = default;
  ~TunDevice() = default;

  int attach(const char* name);
  bool watch(napi_value callback);
  void releaseReferences();

  static void onPoll(uv_poll_t* handle, int status, int events);
  static void onTeardown(napi_async_cleanup_hook_handle hook, void* device);
  void report();

  napi_env env_ = nullptr;
  napi_ref callback_ = nullptr;
  napi_async_context asyncContext_ = nullptr;
  napi_async_cleanup_hook_handle teardown_ = nullptr;
  uv_poll_t poll_ = {};
  int fd_ = -1;
  bool closing_ = false;
  char name_[IFNAMSIZ] = {};
};

/// How an instance refers to a device.
struct TunHandle {
  TunDevice* device;
};

}  // namespace mpquic
