// AES (FIPS 197) in vector registers: the key schedule, one block, and a key stream of up to 16 blocks at a time.
#pragma once
// GCC 12 takes the undefined registers inside of its own intrinsics for ours.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define VAES_TARGET __attribute__((target("aes,pclmul,avx512f,avx512bw,avx512dq,avx512vl,vaes,vpclmulqdq")))
/// Registers have no index: what they hold must not become an array in memory.
#define UNROLLED _Pragma("GCC unroll 16")
#define VAES_INLINE __attribute__((always_inline)) VAES_TARGET static inline

namespace mpquic {

constexpr size_t kBlock = 16;

template <int kRounds>
struct AesKey {
  __m128i round[kRounds + 1];
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

VAES_TARGET static inline void expandKey(const uint8_t* key, AesKey<10>* into) {
  __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key));
  into->round[0] = words;
  int constant = 1;
  for (int i = 1; i <= 10; i++) {
    words = nextKeyWords(words, rotatedWord(words, constant));
    into->round[i] = words;
    constant = constant < 0x80 ? constant << 1 : 0x1b;
  }
}

VAES_TARGET static inline void expandKey(const uint8_t* key, AesKey<14>* into) {
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
VAES_INLINE __m128i encryptBlock(const AesKey<kRounds>& key, __m128i block) {
  block = _mm_xor_si128(block, key.round[0]);
  UNROLLED
  for (int i = 1; i < kRounds; i++) block = _mm_aesenc_si128(block, key.round[i]);
  return _mm_aesenclast_si128(block, key.round[kRounds]);
}

/// The key stream of 16 blocks, or of the first `kRegisters` * 4 of them.
template <int kRounds, int kRegisters>
VAES_INLINE void encryptCounters(const AesKey<kRounds>& key, __m512i* stream) {
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

}  // namespace mpquic
