// GHASH (NIST SP 800-38D §6.4) of up to 16 blocks at a time. Blocks are kept with their octets reversed, keys multiplied by x, so
// that products need no shift.
#pragma once
#include "vaes.h"

namespace mpquic {

constexpr size_t kGroupBlocks = 16;

struct GhashKey {
  /// H^16 down to H^1, then zeros, which a register that is loaded across the end takes along.
  __m128i power[kGroupBlocks + 3];
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
VAES_TARGET static inline void expandGhashKey(__m128i hash, GhashKey* into) {
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

}  // namespace mpquic
