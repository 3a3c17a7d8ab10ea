// The Montgomery ladder of RFC 7748 §5 in two forms: eight of them side by side, each in a lane of its own, for private keys
// to come; and a single one, whose steps do their independent multiplications in four lanes.
#include "x25519.h"

#include <openssl/crypto.h>

#include <cstdlib>
#include <cstring>

#if defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 9)
// GCC 12 takes the undefined registers inside of its own intrinsics for ours.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include "field-25519.h"

namespace mpquic {

namespace {

constexpr int kHighestBit = 254;
constexpr int kWords = 4;
constexpr int64_t kA24 = 121665;
constexpr int64_t kBasePoint = 9;

// --- Octets ----------------------------------------------------------------------------------------------------------

uint64_t readWord(const uint8_t* from) {
  uint64_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

void decodeScalar(const uint8_t* from, uint64_t* words) {
  for (int i = 0; i < kWords; i++) words[i] = readWord(from + 8 * i);
  words[0] &= ~uint64_t{7};
  words[kWords - 1] = (words[kWords - 1] & ~(uint64_t{1} << 63)) | uint64_t{1} << 62;
}

/// The highest bit is ignored; a number from p on stands for what is left of it.
void decodePoint(const uint8_t* from, uint64_t* limbs) {
  limbs[0] = readWord(from) & kLimbMask;
  limbs[1] = readWord(from + 6) >> 3 & kLimbMask;
  limbs[2] = readWord(from + 12) >> 6 & kLimbMask;
  limbs[3] = readWord(from + 19) >> 1 & kLimbMask;
  limbs[4] = readWord(from + 24) >> 12 & kLimbMask;
}

/// The only form below p, of limbs below 2^52.
void encodePoint(uint64_t* limbs, uint8_t* into) {
  auto propagate = [limbs] {
    for (int i = 0; i < kLimbs - 1; i++) {
      limbs[i + 1] += limbs[i] >> kLimbBits;
      limbs[i] &= kLimbMask;
    }
    uint64_t over = limbs[kLimbs - 1] >> kLimbBits;
    limbs[kLimbs - 1] &= kLimbMask;
    return over;
  };
  limbs[0] += 19 * propagate();
  limbs[0] += 19 * propagate();
  // Now below 2^255: 19 more reaches 2^255 where p is in it, and then that bit goes.
  uint64_t probe = limbs[0] + 19;
  for (int i = 1; i < kLimbs; i++) probe = limbs[i] + (probe >> kLimbBits);
  limbs[0] += 19 * (probe >> kLimbBits);
  propagate();
  uint64_t words[kWords] = {
      limbs[0] | limbs[1] << 51,
      limbs[1] >> 13 | limbs[2] << 38,
      limbs[2] >> 26 | limbs[3] << 25,
      limbs[3] >> 39 | limbs[4] << 12,
  };
  memcpy(into, words, sizeof words);
  OPENSSL_cleanse(words, sizeof words);
}

/// Element `lane` of each of the field's limbs.
IFMA_TARGET void encodeLane(const Fields& point, int lane, uint8_t* into) {
  uint64_t limbs[kLimbs];
  for (int i = 0; i < kLimbs; i++) {
    alignas(64) uint64_t lanes[kX25519Batch];
    _mm512_store_si512(lanes, point.limb[i]);
    limbs[i] = lanes[lane];
    OPENSSL_cleanse(lanes, sizeof lanes);
  }
  encodePoint(limbs, into);
  OPENSSL_cleanse(limbs, sizeof limbs);
}

IFMA_INLINE Fields constant(int64_t value) {
  Fields all;
  all.limb[0] = _mm512_set1_epi64(value);
  IFMA_UNROLLED
  for (int i = 1; i < kLimbs; i++) all.limb[i] = _mm512_setzero_si512();
  return all;
}

// --- Eight ladders ---------------------------------------------------------------------------------------------------

/// The names of RFC 7748 §5.
struct LadderState {
  Fields x2, z2, x3, z3;
};

IFMA_INLINE void swapWhere(__mmask8 lanes, Fields& a, Fields& b) {
  Fields kept = a;
  a = select(lanes, a, b);
  b = select(lanes, b, kept);
}

IFMA_INLINE void stepFromBasePoint(LadderState& state) {
  Fields a = sum(state.x2, state.z2);
  Fields b = difference(state.x2, state.z2);
  Fields da = product(difference(state.x3, state.z3), a);
  Fields cb = product(sum(state.x3, state.z3), b);
  Fields aa = square(a);
  Fields bb = square(b);
  Fields e = difference(aa, bb);
  state.x3 = square(sum(da, cb));
  state.z3 = smallProductPlus(square(difference(da, cb)), kBasePoint, constant(0));
  state.x2 = product(aa, bb);
  state.z2 = product(e, smallProductPlus(e, kA24, aa));
}

// --- One ladder: lanes 0 to 3 hold x3, z3, x2, z2 --------------------------------------------------------------------

constexpr __mmask8 kOddLanes = 0xaa;

template <int kLanes>
IFMA_INLINE Fields permuted(const Fields& a) {
  Fields result;
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) result.limb[i] = _mm512_permutex_epi64(a.limb[i], kLanes);
  return result;
}

IFMA_INLINE Fields permutedBy(__m512i lanes, const Fields& a) {
  Fields result;
  IFMA_UNROLLED
  for (int i = 0; i < kLimbs; i++) result.limb[i] = _mm512_permutexvar_epi64(lanes, a.limb[i]);
  return result;
}

/// `swap`: 0 or 1. `factors`: the numbers 1, x1, 1 and 0.
IFMA_INLINE Fields step(const Fields& state, uint64_t swap, const Fields& factors) {
  // x2, x2, x3, x3 and z2, z2, z3, z3; or with 2 and 3 swapped.
  __m512i flip = _mm512_set1_epi64(static_cast<int64_t>(2 * swap));
  Fields x = permutedBy(_mm512_xor_si512(_mm512_set_epi64(4, 4, 6, 6, 0, 0, 2, 2), flip), state);
  Fields z = permutedBy(_mm512_xor_si512(_mm512_set_epi64(5, 5, 7, 7, 1, 1, 3, 3), flip), state);
  Fields abcd = carry(plus(x, negatedWhere(kOddLanes, z)));

  // a, b, a, b times d, c, a, b: da, cb, aa, bb.
  Fields products = product(permuted<0x44>(abcd), permuted<0x4b>(abcd));

  // da + cb, da - cb, aa, aa - bb = e
  Fields minuends = permuted<0xa0>(products);
  Fields others = permuted<0xf5>(products);
  Fields sums = carry(plus(minuends, select(0x44, negatedWhere(kOddLanes, others), constant(0))));
  // (da + cb)^2, (da - cb)^2, aa * bb, a24 * e + aa
  Fields second = select(0x44, select(0x88, sums, constant(kA24)), others);
  Fields squares = productPlus(sums, second, select(0x77, minuends, constant(0)));

  // The first and the third stay; the second is multiplied by x1, e by the fourth.
  return product(select(0x88, squares, sums), select(0x88, factors, squares));
}

bool processorHasIfma() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512ifma");
}

}  // namespace

bool ownX25519InUse() {
  static const bool inUse = [] {
    const char* wanted = getenv("MPQUIC_NATIVE_X25519");
    return (wanted == nullptr || strcmp(wanted, "openssl") != 0) && processorHasIfma();
  }();
  return inUse;
}

IFMA_TARGET void x25519PublicKeys(const uint8_t (*privateKeys)[kX25519Length], uint8_t (*publicKeys)[kX25519Length]) {
  alignas(64) uint64_t scalars[kWords][kX25519Batch];
  for (size_t lane = 0; lane < kX25519Batch; lane++) {
    uint64_t words[kWords];
    decodeScalar(privateKeys[lane], words);
    for (int i = 0; i < kWords; i++) scalars[i][lane] = words[i];
    OPENSSL_cleanse(words, sizeof words);
  }
  LadderState state = {constant(1), constant(0), constant(kBasePoint), constant(1)};
  __mmask8 swapped = 0;
  for (int bit = kHighestBit; bit >= 0; bit--) {
    __m512i word = _mm512_load_si512(scalars[bit / 64]);
    __mmask8 set = _mm512_test_epi64_mask(word, _mm512_set1_epi64(static_cast<int64_t>(uint64_t{1} << bit % 64)));
    __mmask8 swaps = static_cast<__mmask8>(swapped ^ set);
    swapWhere(swaps, state.x2, state.x3);
    swapWhere(swaps, state.z2, state.z3);
    stepFromBasePoint(state);
    swapped = set;
  }
  // The lowest bits of a scalar are 0: nothing is left to be swapped.
  Fields points = product(state.x2, inverse(state.z2));
  for (size_t lane = 0; lane < kX25519Batch; lane++) encodeLane(points, static_cast<int>(lane), publicKeys[lane]);
  OPENSSL_cleanse(scalars, sizeof scalars);
  OPENSSL_cleanse(&state, sizeof state);
}

IFMA_TARGET void x25519(const uint8_t* privateKey, const uint8_t* peer, uint8_t* secret) {
  uint64_t scalar[kWords];
  uint64_t x1[kLimbs];
  decodeScalar(privateKey, scalar);
  decodePoint(peer, x1);
  Fields state;
  Fields factors;
  for (int i = 0; i < kLimbs; i++) {
    int64_t one = i == 0 ? 1 : 0;
    int64_t x = static_cast<int64_t>(x1[i]);
    state.limb[i] = _mm512_set_epi64(0, one, one, x, 0, one, one, x);
    factors.limb[i] = _mm512_set_epi64(0, one, x, one, 0, one, x, one);
  }
  uint64_t swapped = 0;
  for (int bit = kHighestBit; bit >= 0; bit--) {
    uint64_t set = scalar[bit / 64] >> bit % 64 & 1;
    state = step(state, swapped ^ set, factors);
    swapped = set;
  }
  Fields x2 = permuted<0xaa>(state);
  Fields z2 = permuted<0xff>(state);
  encodeLane(product(x2, inverse(z2)), 0, secret);
  OPENSSL_cleanse(scalar, sizeof scalar);
  OPENSSL_cleanse(&state, sizeof state);
}

}  // namespace mpquic

#else

namespace mpquic {

bool ownX25519InUse() { return false; }
void x25519PublicKeys(const uint8_t (*)[kX25519Length], uint8_t (*)[kX25519Length]) {}
void x25519(const uint8_t*, const uint8_t*, uint8_t*) {}

}  // namespace mpquic

#endif
