// AES-GCM (NIST SP 800-38D) with the vector instructions VAES and VPCLMULQDQ on registers of 512 bits: 16 blocks at a time,
// a third of what OpenSSL 3.0 takes for a packet. No table depends on keys or data, and no branch either but for the last one,
// on whether the tag is right: so it runs in constant time for packets of one length.
#include <openssl/crypto.h>

#include <cstdlib>
#include <cstring>

#include "protection-by.h"

#if defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 9)
#include "ghash.h"
#include "vaes.h"

namespace mpquic {

namespace {

constexpr size_t kGroup = kGroupBlocks * kBlock;

template <int kRounds>
struct GcmKey {
  AesKey<kRounds> aes;
  GhashKey ghash;
};

/// The counter blocks of four blocks, their counters as the processor keeps integers.
VAES_INLINE __m512i firstCounters(__m128i initial) {
  return _mm512_add_epi32(_mm512_broadcast_i32x4(initial),
                          _mm512_set_epi32(5, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0));
}

VAES_INLINE __m512i toBigEndian(__m512i counters) {
  return _mm512_shuffle_epi8(
      counters, _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));
}

VAES_INLINE __m512i nextCounters(__m512i counters) {
  return _mm512_add_epi32(counters, _mm512_set_epi32(4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0));
}

template <int kRounds, int kRegisters>
VAES_INLINE __m512i keyStream(const AesKey<kRounds>& key, __m512i counters, __m512i* stream) {
  UNROLLED
  for (int r = 0; r < kRegisters; r++) {
    stream[r] = toBigEndian(counters);
    counters = nextCounters(counters);
  }
  encryptCounters<kRounds, kRegisters>(key, stream);
  return counters;
}

/// The last, partial group of 1 to 255 octets in `kRegisters` registers.
template <int kRounds, bool kEncrypts, int kRegisters>
VAES_INLINE __m128i cryptRest(const GcmKey<kRounds>& key, __m512i counters, __m128i hash, uint8_t* data, size_t length) {
  __m512i stream[kRegisters];
  __m512i ciphertext[kRegisters];
  keyStream<kRounds, kRegisters>(key.aes, counters, stream);
  UNROLLED
  for (int r = 0; r < kRegisters; r++) {
    size_t left = length - 64 * r;
    __mmask64 octets = left >= 64 ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
    __m512i input = _mm512_maskz_loadu_epi8(octets, data + 64 * r);
    __m512i output = _mm512_maskz_mov_epi8(octets, _mm512_xor_si512(input, stream[r]));
    _mm512_mask_storeu_epi8(data + 64 * r, octets, output);
    ciphertext[r] = kEncrypts ? output : input;
  }
  size_t blocks = (length + kBlock - 1) / kBlock;
  return hashBlocks<kRegisters>(hash, ciphertext, key.ghash.power + kGroupBlocks - blocks);
}

/// Encrypts or decrypts in place; returns the tag.
template <int kRounds, bool kEncrypts>
VAES_TARGET __m128i crypt(const GcmKey<kRounds>& key, const uint8_t* nonce, const uint8_t* header, size_t headerLength,
                          uint8_t* data, size_t length) {
  alignas(kBlock) uint8_t block[kBlock] = {};
  memcpy(block, nonce, kIvLength);
  __m128i initial = _mm_load_si128(reinterpret_cast<const __m128i*>(block));
  __m128i tagMask = encryptBlock<kRounds>(key.aes, _mm_insert_epi32(initial, 0x01000000, 3));
  __m128i hash = hashHeader(key.ghash, header, headerLength);
  __m512i counters = firstCounters(initial);

  size_t at = 0;
  for (; length - at >= kGroup; at += kGroup) {
    __m512i stream[4];
    __m512i ciphertext[4];
    counters = keyStream<kRounds, 4>(key.aes, counters, stream);
    UNROLLED
    for (int r = 0; r < 4; r++) {
      __m512i input = _mm512_loadu_si512(data + at + 64 * r);
      __m512i output = _mm512_xor_si512(input, stream[r]);
      _mm512_storeu_si512(data + at + 64 * r, output);
      ciphertext[r] = kEncrypts ? output : input;
    }
    hash = hashBlocks<4>(hash, ciphertext, key.ghash.power);
  }
  size_t rest = length - at;
  if (rest > 192) hash = cryptRest<kRounds, kEncrypts, 4>(key, counters, hash, data + at, rest);
  else if (rest > 128) hash = cryptRest<kRounds, kEncrypts, 3>(key, counters, hash, data + at, rest);
  else if (rest > 64) hash = cryptRest<kRounds, kEncrypts, 2>(key, counters, hash, data + at, rest);
  else if (rest > 0) hash = cryptRest<kRounds, kEncrypts, 1>(key, counters, hash, data + at, rest);

  __m128i lengths = _mm_set_epi64x(static_cast<int64_t>(8 * headerLength), static_cast<int64_t>(8 * length));
  hash = multiply(_mm_xor_si128(hash, lengths), key.ghash.power[kGroupBlocks - 1]);
  return _mm_xor_si128(reverse(hash), tagMask);
}

template <int kRounds>
class VaesGcm {
 public:
  VAES_TARGET VaesGcm(Direction, const Aead&, const uint8_t* key) {
    expandKey(key, &key_.aes);
    expandGhashKey(encryptBlock<kRounds>(key_.aes, _mm_setzero_si128()), &key_.ghash);
  }
  ~VaesGcm() { OPENSSL_cleanse(&key_, sizeof key_); }

  bool isUsable() const { return true; }

  VAES_TARGET bool seal(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
                        size_t payloadLength) const {
    __m128i tag = crypt<kRounds, true>(key_, nonce, header, headerLength, payload, payloadLength);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(payload + payloadLength), tag);
    return true;
  }

  VAES_TARGET bool open(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
                        size_t payloadLength) const {
    __m128i claimed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(payload + payloadLength));
    __m128i tag = crypt<kRounds, false>(key_, nonce, header, headerLength, payload, payloadLength);
    __m128i difference = _mm_xor_si128(tag, claimed);
    return _mm_testz_si128(difference, difference) == 1;
  }

 private:
  GcmKey<kRounds> key_;
};

template <int kRounds>
class VaesMask {
 public:
  explicit VaesMask(const uint8_t* key) { expandKey(key, &key_); }
  ~VaesMask() { OPENSSL_cleanse(&key_, sizeof key_); }
  VaesMask(const VaesMask&) = default;

  bool isUsable() const { return true; }

  VAES_TARGET bool mask(const uint8_t* sample, uint8_t* mask) const {
    __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sample));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(mask), encryptBlock<kRounds>(key_, block));
    return true;
  }

 private:
  AesKey<kRounds> key_;
};

template <int kRounds>
std::unique_ptr<PacketProtection> create(Direction direction, const Aead& aead, const uint8_t* key, const uint8_t* iv,
                                         const uint8_t* headerProtectionKey) {
  using Protection = ProtectionBy<VaesGcm<kRounds>, VaesMask<kRounds>>;
  return Protection::create(direction, aead, key, iv, VaesMask<kRounds>(headerProtectionKey));
}

bool processorHasVaes() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("vaes") && __builtin_cpu_supports("vpclmulqdq");
}

}  // namespace

bool vaesGcmInUse() {
  static const bool inUse = [] {
    const char* wanted = getenv("MPQUIC_NATIVE_GCM");
    return (wanted == nullptr || strcmp(wanted, "openssl") != 0) && processorHasVaes();
  }();
  return inUse;
}

std::unique_ptr<PacketProtection> createVaesProtection(Direction direction, const Aead& aead, const uint8_t* key,
                                                       const uint8_t* iv, const uint8_t* headerProtectionKey) {
  auto createFor = aead.keyLength == 16 ? create<10> : create<14>;
  return createFor(direction, aead, key, iv, headerProtectionKey);
}

}  // namespace mpquic

#else

namespace mpquic {

bool vaesGcmInUse() { return false; }
std::unique_ptr<PacketProtection> createVaesProtection(Direction, const Aead&, const uint8_t*, const uint8_t*,
                                                       const uint8_t*) {
  return nullptr;
}

}  // namespace mpquic

#endif
