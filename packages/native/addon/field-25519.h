// Eight elements of the field of 2^255 - 19 at a time (RFC 7748 §4.1), with the multiply-adds of 52 bits of AVX-512 IFMA. Nothing
// here depends on the values: neither a branch nor an address.
#pragma once
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

/// What stays in registers is not instrumented: a compiler would take minutes for it.
#define IFMA_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma"), no_sanitize("address", "undefined")))
/// Registers have no index: what they hold must not become an array in memory.
#define IFMA_UNROLLED _Pragma("GCC unroll 16")
#define IFMA_INLINE __attribute__((always_inline)) IFMA_TARGET static inline

namespace mpquic {

constexpr int kLimbs = 5;
constexpr int kLimbBits = 51;
constexpr uint64_t kLimbMask = (uint64_t{1} << kLimbBits) - 1;

/// Element i in lane i, little-endian limbs of 51 bits. What is multiplied has limbs below 2^52, as `carry` leaves them.
struct Fields {
  __m512i limb[kLimbs];
};

IFMA_INLINE __m512i times19(__m512i value) {
  __m512i sum = _mm512_add_epi64(value, _mm512_slli_epi64(value, 1));
  return _mm512_add_epi64(sum, _mm512_slli_epi64(value, 4));
}

/// From limbs below 2^62 to limbs below 2^51 + 2^16.
IFMA_INLINE Fields carry(Fields a) {
  __m512i mask = _mm512_set1_epi64(kLimbMask);
  __m512i over[kLimbs];
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) over[i] = _mm512_srli_epi64(a.limb[i], kLimbBits);
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) a.limb[i] = _mm512_and_si512(a.limb[i], mask);
  a.limb[0] = _mm512_add_epi64(a.limb[0], times19(over[kLimbs - 1]));
  IFMA_UNROLLED
  for (int i = 1; i < kLimbs; i++) a.limb[i] = _mm512_add_epi64(a.limb[i], over[i - 1]);
  return a;
}

/// Without a carry.
IFMA_INLINE Fields plus(const Fields& a, const Fields& b) {
  Fields sum;
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) sum.limb[i] = _mm512_add_epi64(a.limb[i], b.limb[i]);
  return sum;
}

/// -a in the lanes of `lanes`, without a carry: as 2p - a, whose limbs stay positive.
IFMA_INLINE Fields negatedWhere(__mmask8 lanes, const Fields& a) {
  Fields result;
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) {
    __m512i twice = _mm512_set1_epi64(static_cast<int64_t>(2 * (i == 0 ? kLimbMask - 18 : kLimbMask)));
    result.limb[i] = _mm512_mask_sub_epi64(a.limb[i], lanes, twice, a.limb[i]);
  }
  return result;
}

IFMA_INLINE Fields sum(const Fields& a, const Fields& b) { return carry(plus(a, b)); }
IFMA_INLINE Fields difference(const Fields& a, const Fields& b) { return carry(plus(a, negatedWhere(0xff, b))); }

/// Lanes of `b` where `lanes` says so, else of `a`.
IFMA_INLINE Fields select(__mmask8 lanes, const Fields& a, const Fields& b) {
  Fields result;
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) result.limb[i] = _mm512_mask_mov_epi64(a.limb[i], lanes, b.limb[i]);
  return result;
}

/// A product before its reduction: limb i has the weight 2^(51 i).
struct WideProduct {
  __m512i limb[2 * kLimbs];
};

IFMA_INLINE WideProduct noProduct() {
  WideProduct none;
  IFMA_UNROLLED
  for (int i = 0; i < 2 * kLimbs; i++) none.limb[i] = _mm512_setzero_si512();
  return none;
}

IFMA_INLINE void twice(WideProduct& wide) {
  IFMA_UNROLLED
  for (int i = 0; i < 2 * kLimbs; i++) wide.limb[i] = _mm512_add_epi64(wide.limb[i], wide.limb[i]);
}

/// The lower 52 bits of the product of limbs i and j.
IFMA_INLINE void addLow(WideProduct& wide, int i, int j, __m512i a, __m512i b) {
  wide.limb[i + j] = _mm512_madd52lo_epu64(wide.limb[i + j], a, b);
}

/// The bits above, which count twice at the next limb of 51 bits: `twice` is yet to come.
IFMA_INLINE void addHigh(WideProduct& wide, int i, int j, __m512i a, __m512i b) {
  wide.limb[i + j + 1] = _mm512_madd52hi_epu64(wide.limb[i + j + 1], a, b);
}

IFMA_INLINE Fields reduced(const WideProduct& wide) {
  Fields result;
  // 2^255 is 19.
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) result.limb[i] = _mm512_add_epi64(wide.limb[i], times19(wide.limb[i + kLimbs]));
  return carry(result);
}

IFMA_INLINE WideProduct wideProduct(const Fields& a, const Fields& b) {
  WideProduct wide = noProduct();
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) {
    IFMA_UNROLLED
    for (int j = 0; j < kLimbs; j++) addHigh(wide, i, j, a.limb[i], b.limb[j]);
  }
  twice(wide);
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) {
    IFMA_UNROLLED
    for (int j = 0; j < kLimbs; j++) addLow(wide, i, j, a.limb[i], b.limb[j]);
  }
  return wide;
}

IFMA_INLINE Fields product(const Fields& a, const Fields& b) { return reduced(wideProduct(a, b)); }

/// a * b + c, where c has limbs below 2^52.
IFMA_INLINE Fields productPlus(const Fields& a, const Fields& b, const Fields& c) {
  WideProduct wide = wideProduct(a, b);
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) wide.limb[i] = _mm512_add_epi64(wide.limb[i], c.limb[i]);
  return reduced(wide);
}

/// a times a number below 2^20, plus c as above.
IFMA_INLINE Fields smallProductPlus(const Fields& a, int64_t factor, const Fields& c) {
  WideProduct wide = noProduct();
  __m512i factors = _mm512_set1_epi64(factor);
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) addHigh(wide, i, 0, a.limb[i], factors);
  twice(wide);
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) {
    wide.limb[i] = _mm512_add_epi64(wide.limb[i], c.limb[i]);
    addLow(wide, i, 0, a.limb[i], factors);
  }
  return reduced(wide);
}

/// Products of two different limbs count twice.
IFMA_INLINE Fields square(const Fields& a) {
  WideProduct wide = noProduct();
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) {
    IFMA_UNROLLED
    for (int j = i + 1; j < kLimbs; j++) addHigh(wide, i, j, a.limb[i], a.limb[j]);
  }
  twice(wide);
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) {
    addHigh(wide, i, i, a.limb[i], a.limb[i]);
    IFMA_UNROLLED
    for (int j = i + 1; j < kLimbs; j++) addLow(wide, i, j, a.limb[i], a.limb[j]);
  }
  twice(wide);
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) addLow(wide, i, i, a.limb[i], a.limb[i]);
  return reduced(wide);
}

IFMA_TARGET static inline Fields squared(Fields a, int times) {
  for (int i = 0; i < times; i++) a = square(a);
  return a;
}

/// a^(p - 2), which is 1 / a, or 0 for 0.
IFMA_TARGET static inline Fields inverse(const Fields& a) {
  Fields power2 = square(a);
  Fields power9 = product(squared(power2, 2), a);
  Fields power11 = product(power9, power2);
  Fields ones5 = product(square(power11), power9);
  Fields ones10 = product(squared(ones5, 5), ones5);
  Fields ones20 = product(squared(ones10, 10), ones10);
  Fields ones40 = product(squared(ones20, 20), ones20);
  Fields ones50 = product(squared(ones40, 10), ones10);
  Fields ones100 = product(squared(ones50, 50), ones50);
  Fields ones200 = product(squared(ones100, 100), ones100);
  Fields ones250 = product(squared(ones200, 50), ones50);
  return product(squared(ones250, 5), power11);
}

}  // namespace mpquic
