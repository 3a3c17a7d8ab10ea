// What packet protection is made of. OpenSSL has all of it; AES-GCM has an implementation of its own for processors with wide
// vector instructions.
#pragma once
#include <cstddef>
#include <cstdint>

namespace mpquic {

constexpr size_t kIvLength = 12;
constexpr size_t kTagLength = 16;
constexpr size_t kSampleLength = 16;
constexpr size_t kLongestKey = 32;

enum class Direction { kSeal, kOpen };

/// One of the AEADs, in the order in which JavaScript numbers them.
struct Aead {
  const char* cipherName;
  const char* maskCipherName;
  size_t keyLength;
  bool isChaCha;
};

constexpr int kAeadCount = 3;
inline constexpr Aead kAeads[kAeadCount] = {
    {"AES-128-GCM", "AES-128-ECB", 16, false},
    {"AES-256-GCM", "AES-256-ECB", 32, false},
    {"ChaCha20-Poly1305", "ChaCha20", 32, true},
};

/// Whether this processor runs the AES-GCM of vaes-protection.cc, and the environment does not forbid it
/// (MPQUIC_NATIVE_GCM=openssl).
bool vaesGcmInUse();

}  // namespace mpquic
