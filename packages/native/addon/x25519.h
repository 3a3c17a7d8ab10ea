// X25519 (RFC 7748 §5) of this addon, for processors with AVX-512 IFMA.
#pragma once
#include <cstddef>
#include <cstdint>

namespace mpquic {

constexpr size_t kX25519Length = 32;
constexpr size_t kX25519Batch = 8;

/// Whether this processor runs it, and the environment does not forbid it (MPQUIC_NATIVE_X25519=openssl).
bool ownX25519InUse();

/// Only where `ownX25519InUse()`: the public keys of `kX25519Batch` private keys, in less than the time of two.
void x25519PublicKeys(const uint8_t (*privateKeys)[kX25519Length], uint8_t (*publicKeys)[kX25519Length]);
/// Only where `ownX25519InUse()`: the shared secret, all zeros where the peer's point is of low order.
void x25519(const uint8_t* privateKey, const uint8_t* peer, uint8_t* secret);

}  // namespace mpquic
