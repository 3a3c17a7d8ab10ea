// The arguments of a call from JavaScript, each checked as it is read.
#pragma once
#define NAPI_VERSION 8
#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace mpquic {

struct Bytes {
  uint8_t* data;
  size_t length;
};

struct Words {
  int32_t* data;
  size_t length;
};

struct Doubles {
  double* data;
  size_t length;
};

/// A check that fails throws in JavaScript, once, and makes every later read return zero: so a function reads all
/// of its arguments, then asks `ok()` once before it does anything.
class Arguments {
 public:
  /// Throws where fewer than `count` arguments came; at most kLimit.
  Arguments(napi_env env, napi_callback_info info, size_t count);

  bool ok() const { return ok_; }
  napi_env env() const { return env_; }

  /// A whole number from `least` to `most`, both within 2^53.
  int64_t integer(size_t index, int64_t least, int64_t most);
  /// A length or an offset, from 0.
  size_t length(size_t index, int64_t most = kLargestLength) { return static_cast<size_t>(integer(index, 0, most)); }
  /// The number of a native object, or 0.
  int64_t handle(size_t index) { return integer(index, 0, kLargestHandle); }
  /// The memory of a Uint8Array; empty where it is detached. Valid until JavaScript runs again.
  Bytes bytes(size_t index);
  /// The same of a value that is no argument itself.
  Bytes bytesOf(napi_value value);
  /// The memory of an Int32Array, which no other thread can change between a check of it and its use.
  Words words(size_t index);
  /// The memory of a Float64Array.
  Doubles doubles(size_t index);
  /// A function, as it is.
  napi_value function(size_t index);
  /// An ASCII text of 1 to `capacity` - 1 octets, zero-terminated. Returns its length.
  size_t text(size_t index, char* into, size_t capacity);
  /// The value as it came.
  napi_value value(size_t index) const { return values_[index]; }

  /// Throws a RangeError where `condition` is false.
  bool require(bool condition, const char* message);
  /// Throws an Error.
  void fail(const char* message);

  static constexpr size_t kLimit = 11;
  static constexpr int64_t kLargestHandle = (1LL << 53) - 1;
  static constexpr int64_t kLargestLength = 1 << 30;

 private:
  void* typedArray(napi_value value, napi_typedarray_type wanted, size_t* length, const char* message,
                   napi_value* memory = nullptr);

  napi_env env_;
  napi_value values_[kLimit];
  bool ok_ = true;
};

/// The memory of the Uint8Array or Int32Array behind a reference; empty where it is gone or detached.
Bytes referencedBytes(napi_env env, napi_ref reference);
Words referencedWords(napi_env env, napi_ref reference);

napi_value makeNumber(napi_env env, double value);

}  // namespace mpquic
