// AES-GCM (NIST SP 800-38D) with the vector instructions VAES and VPCLMULQDQ on registers of 512 bits: 16 blocks at a time,
// a third of what OpenSSL 3.0 takes for a packet. No table depends on keys or data, and no branch either but for the last one,
// on whether the tag is right: so it runs in constant time for packets of one length.
#include <cstdlib>
#include <cstring>

#include "packet-cipher.h"

#if defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 9)
// GCC 12 takes the undefined registers inside of its own intrinsics for ours.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#include <openssl/crypto.h>

#define VAES_TARGET __attribute__((target("aes,pclmul,avx512f,avx512bw,avx512dq,avx512vl,vaes,vpclmulqdq")))
/// Registers have no index: what they hold must not become an array in memory.
#define UNROLLED _Pragma("GCC unroll 16")
#define VAES_INLINE __attribute__((always_inline)) VAES_TARGET static inline

namespace mpquic {

namespace {

constexpr size_t kBlock = 16;
constexpr size_t kGroupBlocks = 16;
constexpr size_t kGroup = kGroupBlocks * kBlock;
constexpr int kMostRounds = 14;

// --- AES: FIPS 197 ---------------------------------------------------------------------------------------------------

struct AesKey {
  alignas(64) __m128i round[kMostRounds + 1];
};

/// The next 4 words of the key schedule from the 4 before and the substituted word, in all lanes of `assist`.
VAES_INLINE __m128i nextKeyWords(__m128i words, __m128i assist) {
  words = _mm_xor_si128(words, _mm_slli_si128(words, 4));
  words = _mm_xor_si128(words, _mm_slli_si128(words, 8));
  return _mm_xor_si128(words, assist);
}

/// SubWord(RotWord(last word)) ^ constant, in all lanes.
VAES_INLINE __m128i rotatedWord(__m128i words, int constant) {
  __m128i assist = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(words, 0), 0xff);
  return _mm_xor_si128(assist, _mm_set1_epi32(constant));
}

VAES_TARGET void expandKey128(const uint8_t* key, AesKey* into) {
  __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key));
  into->round[0] = words;
  int constant = 1;
  for (int i = 1; i <= 10; i++) {
    words = nextKeyWords(words, rotatedWord(words, constant));
    into->round[i] = words;
    constant = constant < 0x80 ? constant << 1 : 0x1b;
  }
}

VAES_TARGET void expandKey256(const uint8_t* key, AesKey* into) {
  into->round[0] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key));
  into->round[1] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key + kBlock));
  for (int i = 2; i <= 14; i++) {
    __m128i before = into->round[i - 1];
    __m128i assist = i % 2 == 0 ? rotatedWord(before, 1 << (i / 2 - 1))
                                : _mm_shuffle_epi32(_mm_aeskeygenassist_si128(before, 0), 0xaa);
    into->round[i] = nextKeyWords(into->round[i - 2], assist);
  }
}

template <int kRounds>
VAES_INLINE __m128i encryptBlock(const AesKey& key, __m128i block) {
  block = _mm_xor_si128(block, key.round[0]);
  UNROLLED
  for (int i = 1; i < kRounds; i++) block = _mm_aesenc_si128(block, key.round[i]);
  return _mm_aesenclast_si128(block, key.round[kRounds]);
}

/// The key stream of 16 blocks, or of the first `kRegisters` * 4 of them.
template <int kRounds, int kRegisters>
VAES_INLINE void encryptCounters(const AesKey& key, __m512i* stream) {
  __m512i round = _mm512_broadcast_i32x4(key.round[0]);
  UNROLLED
  for (int r = 0; r < kRegisters; r++) stream[r] = _mm512_xor_si512(stream[r], round);
  UNROLLED
  for (int i = 1; i < kRounds; i++) {
    round = _mm512_broadcast_i32x4(key.round[i]);
    UNROLLED
    for (int r = 0; r < kRegisters; r++) stream[r] = _mm512_aesenc_epi128(stream[r], round);
  }
  round = _mm512_broadcast_i32x4(key.round[kRounds]);
  UNROLLED
  for (int r = 0; r < kRegisters; r++) stream[r] = _mm512_aesenclast_epi128(stream[r], round);
}

// --- GHASH: blocks are kept with their octets reversed, keys multiplied by x, so that products need no shift ------------

struct GhashKey {
  /// H^16 down to H^1, then zeros, which a register that is loaded across the end takes along.
  alignas(64) __m128i power[kGroupBlocks + 3];
};

VAES_INLINE __m128i reverse(__m128i block) {
  return _mm_shuffle_epi8(block, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

VAES_INLINE __m512i reverseEach(__m512i blocks) {
  return _mm512_shuffle_epi8(
      blocks, _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
}

/// x^128 + x^127 + x^126 + x^121 + 1, reversed.
VAES_INLINE __m128i polynomial() { return _mm_set_epi64x(static_cast<int64_t>(0xc200000000000000), 1); }

/// A product's three parts before its reduction, in each lane.
struct Product {
  __m512i low;
  __m512i middle;
  __m512i high;
};

VAES_INLINE __m512i xor3(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

VAES_INLINE void addProduct(Product& sum, __m512i a, __m512i b) {
  sum.low = _mm512_xor_si512(sum.low, _mm512_clmulepi64_epi128(a, b, 0x00));
  sum.middle = xor3(sum.middle, _mm512_clmulepi64_epi128(a, b, 0x01), _mm512_clmulepi64_epi128(a, b, 0x10));
  sum.high = _mm512_xor_si512(sum.high, _mm512_clmulepi64_epi128(a, b, 0x11));
}

/// The sum of all lanes, reduced.
VAES_INLINE __m128i reduce(Product& sum) {
  __m512i poly = _mm512_broadcast_i32x4(polynomial());
  __m512i folded = _mm512_clmulepi64_epi128(poly, sum.low, 0x01);
  sum.middle = xor3(sum.middle, _mm512_shuffle_epi32(sum.low, _MM_PERM_BADC), folded);
  folded = _mm512_clmulepi64_epi128(poly, sum.middle, 0x01);
  sum.high = xor3(sum.high, _mm512_shuffle_epi32(sum.middle, _MM_PERM_BADC), folded);
  __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(sum.high), _mm512_extracti64x4_epi64(sum.high, 1));
  return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

VAES_INLINE __m128i multiply(__m128i a, __m128i b) {
  __m128i low = _mm_clmulepi64_si128(a, b, 0x00);
  __m128i middle = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
  __m128i high = _mm_clmulepi64_si128(a, b, 0x11);
  __m128i folded = _mm_clmulepi64_si128(polynomial(), low, 0x01);
  middle = _mm_xor_si128(middle, _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), folded));
  folded = _mm_clmulepi64_si128(polynomial(), middle, 0x01);
  return _mm_xor_si128(high, _mm_xor_si128(_mm_shuffle_epi32(middle, 0x4e), folded));
}

/// `hash`: the block cipher's output for a block of zeros.
VAES_TARGET void expandGhashKey(__m128i hash, GhashKey* into) {
  __m128i key = reverse(hash);
  // Times x: a shift to the left by one bit, across both halves, and a reduction where a bit leaves.
  __m128i carries = _mm_srai_epi32(_mm_shuffle_epi32(key, 0xd3), 31);
  carries = _mm_and_si128(carries, _mm_set_epi64x(static_cast<int64_t>(0xc200000000000001), 1));
  key = _mm_xor_si128(_mm_add_epi64(key, key), carries);
  __m128i power = key;
  for (size_t i = kGroupBlocks; i-- > 0; power = multiply(power, key)) into->power[i] = power;
  for (size_t i = 0; i < 3; i++) into->power[kGroupBlocks + i] = _mm_setzero_si128();
}

/// Takes in the blocks of `kRegisters` registers, the last maybe with lanes of zeros; `power` is where the key's power of
/// the first stands.
template <int kRegisters>
VAES_INLINE __m128i hashBlocks(__m128i hash, const __m512i* blocks, const __m128i* power) {
  Product sum = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
  UNROLLED
  for (int r = 0; r < kRegisters; r++) {
    __m512i block = reverseEach(blocks[r]);
    if (r == 0) block = _mm512_xor_si512(block, _mm512_zextsi128_si512(hash));
    addProduct(sum, block, _mm512_loadu_si512(power + 4 * r));
  }
  return reduce(sum);
}

VAES_INLINE __m128i loadPartly(const uint8_t* data, size_t length) {
  __mmask16 octets = length >= kBlock ? 0xffff : static_cast<__mmask16>((1u << length) - 1);
  return _mm_maskz_loadu_epi8(octets, data);
}

VAES_INLINE __m128i hashHeader(const GhashKey& key, const uint8_t* header, size_t length) {
  __m128i hash = _mm_setzero_si128();
  for (size_t at = 0; at < length; at += kBlock) {
    __m128i block = reverse(loadPartly(header + at, length - at));
    hash = multiply(_mm_xor_si128(hash, block), key.power[kGroupBlocks - 1]);
  }
  return hash;
}

// --- GCM -------------------------------------------------------------------------------------------------------------

struct GcmKey {
  AesKey aes;
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
VAES_INLINE __m512i keyStream(const AesKey& key, __m512i counters, __m512i* stream) {
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
VAES_INLINE __m128i cryptRest(const GcmKey& key, __m512i counters, __m128i hash, uint8_t* data, size_t length) {
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
VAES_TARGET __m128i crypt(const GcmKey& key, const uint8_t* nonce, const uint8_t* header, size_t headerLength,
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
VAES_TARGET void expand(const uint8_t* key, AesKey* into) {
  if (kRounds == 10) expandKey128(key, into);
  else expandKey256(key, into);
}

template <int kRounds>
class VaesCipher : public PacketCipher {
 public:
  VAES_TARGET explicit VaesCipher(const uint8_t* key) {
    expand<kRounds>(key, &key_.aes);
    expandGhashKey(encryptBlock<kRounds>(key_.aes, _mm_setzero_si128()), &key_.ghash);
  }

  ~VaesCipher() override { OPENSSL_cleanse(&key_, sizeof key_); }

  VAES_TARGET bool seal(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
                        size_t payloadLength) override {
    __m128i tag = crypt<kRounds, true>(key_, nonce, header, headerLength, payload, payloadLength);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(payload + payloadLength), tag);
    return true;
  }

  VAES_TARGET bool open(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
                        size_t payloadLength) override {
    __m128i claimed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(payload + payloadLength));
    __m128i tag = crypt<kRounds, false>(key_, nonce, header, headerLength, payload, payloadLength);
    __m128i difference = _mm_xor_si128(tag, claimed);
    return _mm_testz_si128(difference, difference) == 1;
  }

 private:
  GcmKey key_;
};

template <int kRounds>
class VaesMaskCipher : public MaskCipher {
 public:
  explicit VaesMaskCipher(const uint8_t* key) { expand<kRounds>(key, &key_); }
  ~VaesMaskCipher() override { OPENSSL_cleanse(&key_, sizeof key_); }

  VAES_TARGET bool mask(const uint8_t* sample, uint8_t* mask) override {
    __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sample));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(mask), encryptBlock<kRounds>(key_, block));
    return true;
  }

 private:
  AesKey key_;
};

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

std::unique_ptr<PacketCipher> createVaesCipher(const Aead& aead, const uint8_t* key) {
  if (aead.keyLength == 16) return std::make_unique<VaesCipher<10>>(key);
  return std::make_unique<VaesCipher<14>>(key);
}

std::unique_ptr<MaskCipher> createVaesMaskCipher(const Aead& aead, const uint8_t* key) {
  if (aead.keyLength == 16) return std::make_unique<VaesMaskCipher<10>>(key);
  return std::make_unique<VaesMaskCipher<14>>(key);
}

}  // namespace mpquic

#else

namespace mpquic {

bool vaesGcmInUse() { return false; }
std::unique_ptr<PacketCipher> createVaesCipher(const Aead&, const uint8_t*) { return nullptr; }
std::unique_ptr<MaskCipher> createVaesMaskCipher(const Aead&, const uint8_t*) { return nullptr; }

}  // namespace mpquic

#endif
