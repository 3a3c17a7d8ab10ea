// A bound socket that nobody receives on yet.
#pragma once
#include <unistd.h>

namespace mpquic {

/// Keeps a socket and its place among those of its address open, also while the thread that uses it is being replaced.
class SocketReservation {
 public:
  explicit SocketReservation(int descriptor) : descriptor_(descriptor) {}
  SocketReservation(const SocketReservation&) = delete;
  SocketReservation& operator=(const SocketReservation&) = delete;
  ~SocketReservation() { ::close(descriptor_); }

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace mpquic
