#include "tun-device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace mpquic {

/// The socket that interface ioctls go through, for as long as they take.
class ControlSocket {
 public:
  ControlSocket() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~ControlSocket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int control(unsigned long request, void* argument) const {
    if (fd_ < 0) return EMFILE;
    return ioctl(fd_, request, argument) == 0 ? 0 : errno;
  }

 private:
  int fd_;
};

static void setAddress(sockaddr* into, const uint8_t octets[4]) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  memcpy(&address.sin_addr, octets, 4);
  memcpy(into, &address, sizeof address);
}

static void setMask(sockaddr* into, int prefixLength) {
  uint32_t bits = prefixLength == 0 ? 0 : htonl(~uint32_t{0} << (32 - prefixLength));
  uint8_t octets[4];
  memcpy(octets, &bits, 4);
  setAddress(into, octets);
}

TunDevice* TunDevice::open(napi_env env, const char* name, napi_value callback, int* error) {
  auto* device = new TunDevice();
  device->env_ = env;
  *error = device->attach(name);
  if (*error == 0 && device->watch(callback)) return device;
  if (*error == 0) *error = ENOMEM;
  if (device->fd_ >= 0) ::close(device->fd_);
  device->releaseReferences();
  delete device;
  return nullptr;
}

int TunDevice::attach(const char* name) {
  fd_ = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd_ < 0) return errno;
  ifreq request = {};
  // Packets alone, without a header of the device's own.
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd_, TUNSETIFF, &request) != 0) return errno;
  memcpy(name_, request.ifr_name, IFNAMSIZ);
  name_[IFNAMSIZ - 1] = 0;
  return 0;
}

bool TunDevice::watch(napi_value callback) {
  napi_value name = nullptr;
  uv_loop_t* loop = nullptr;
  bool referenced = napi_create_reference(env_, callback, 1, &callback_) == napi_ok &&
                    napi_create_string_latin1(env_, "MPQUIC_TUN", NAPI_AUTO_LENGTH, &name) == napi_ok &&
                    napi_async_init(env_, nullptr, name, &asyncContext_) == napi_ok;
  if (!referenced || napi_get_uv_event_loop(env_, &loop) != napi_ok) return false;
  if (uv_poll_init(loop, &poll_, fd_) != 0) return false;
  poll_.data = this;
  uv_poll_start(&poll_, UV_READABLE, onPoll);
  napi_add_async_cleanup_hook(env_, onTeardown, this, &teardown_);
  return true;
}

int TunDevice::configure(const uint8_t address[4], int prefixLength, int mtu) {
  ControlSocket socket;
  ifreq request = {};
  memcpy(request.ifr_name, name_, IFNAMSIZ);
  setAddress(&request.ifr_addr, address);
  if (int error = socket.control(SIOCSIFADDR, &request)) return error;
  setMask(&request.ifr_netmask, prefixLength);
  if (int error = socket.control(SIOCSIFNETMASK, &request)) return error;
  request.ifr_mtu = mtu;
  if (int error = socket.control(SIOCSIFMTU, &request)) return error;
  if (int error = socket.control(SIOCGIFFLAGS, &request)) return error;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  return socket.control(SIOCSIFFLAGS, &request);
}

int TunDevice::addRoute(const uint8_t network[4], int prefixLength) {
  ControlSocket socket;
  rtentry route = {};
  setAddress(&route.rt_dst, network);
  setMask(&route.rt_genmask, prefixLength);
  route.rt_flags = RTF_UP;
  route.rt_dev = name_;
  int error = socket.control(SIOCADDRT, &route);
  return error == EEXIST ? 0 : error;
}

int TunDevice::read(uint8_t* into, size_t capacity) {
  ssize_t length = ::read(fd_, into, capacity);
  if (length >= 0) return static_cast<int>(length);
  return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

int TunDevice::write(const uint8_t* packet, size_t length) {
  ssize_t written = ::write(fd_, packet, length);
  if (written >= 0) return static_cast<int>(written);
  return errno == EAGAIN || errno == ENOBUFS ? 0 : -errno;
}

void TunDevice::releaseReferences() {
  if (callback_ != nullptr) napi_delete_reference(env_, callback_);
  callback_ = nullptr;
  if (asyncContext_ != nullptr) napi_async_destroy(env_, asyncContext_);
  asyncContext_ = nullptr;
}

void TunDevice::close() {
  if (closing_) return;
  closing_ = true;
  releaseReferences();
  uv_poll_stop(&poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* device = static_cast<TunDevice*>(handle->data);
    if (device->teardown_ != nullptr) napi_remove_async_cleanup_hook(device->teardown_);
    delete device;
  });
  ::close(fd_);
  fd_ = -1;
}

/// The environment ends with the device open.
void TunDevice::onTeardown(napi_async_cleanup_hook_handle, void* device) {
  static_cast<TunDevice*>(device)->close();
}

/// An interface that is down makes the poll fail; packets come again when it is up.
void TunDevice::onPoll(uv_poll_t* handle, int, int) {
  auto* device = static_cast<TunDevice*>(handle->data);
  if (!device->closing_) device->report();
}

/// Calls JavaScript, which may close this device.
void TunDevice::report() {
  napi_handle_scope scope = nullptr;
  if (callback_ == nullptr || napi_open_handle_scope(env_, &scope) != napi_ok) return;
  napi_env env = env_;
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  napi_get_reference_value(env, callback_, &callback);
  napi_get_global(env, &receiver);
  if (napi_make_callback(env, asyncContext_, receiver, callback, 0, nullptr, nullptr) == napi_pending_exception) {
    napi_value error = nullptr;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

}  // namespace mpquic
