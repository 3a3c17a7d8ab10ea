#include "arguments.h"

namespace mpquic {

Arguments::Arguments(napi_env env, napi_callback_info info, size_t count) : env_(env) {
  size_t given = kLimit;
  if (napi_get_cb_info(env, info, &given, values_, nullptr, nullptr) != napi_ok) given = 0;
  if (given < count) {
    ok_ = false;
    napi_throw_type_error(env, "ERR_MISSING_ARGS", "too few arguments");
  }
}

int64_t Arguments::integer(size_t index, int64_t least, int64_t most) {
  double number = 0;
  if (!ok_) return 0;
  if (napi_get_value_double(env_, values_[index], &number) != napi_ok) {
    ok_ = false;
    napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", "a number is needed");
    return 0;
  }
  // Written so that NaN fails too.
  bool inside = number >= static_cast<double>(least) && number <= static_cast<double>(most);
  if (!require(inside, "a number is out of range")) return 0;
  int64_t whole = static_cast<int64_t>(number);
  if (!require(static_cast<double>(whole) == number, "a number is not whole")) return 0;
  return whole;
}

Bytes Arguments::bytes(size_t index) {
  size_t length = 0;
  void* data = typedArray(values_[index], napi_uint8_array, &length, "a Uint8Array is needed");
  return {static_cast<uint8_t*>(data), length};
}

Bytes Arguments::bytesOf(napi_value value) {
  size_t length = 0;
  void* data = typedArray(value, napi_uint8_array, &length, "a Uint8Array is needed");
  return {static_cast<uint8_t*>(data), length};
}

Words Arguments::words(size_t index) {
  size_t length = 0;
  napi_value memory = nullptr;
  void* data = typedArray(values_[index], napi_int32_array, &length, "an Int32Array is needed", &memory);
  bool isOwned = false;
  if (ok_ && (napi_is_arraybuffer(env_, memory, &isOwned) != napi_ok || !isOwned)) {
    ok_ = false;
    napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", "a table in memory that threads share");
    return {nullptr, 0};
  }
  return {static_cast<int32_t*>(data), length};
}

Doubles Arguments::doubles(size_t index) {
  size_t length = 0;
  void* data = typedArray(values_[index], napi_float64_array, &length, "a Float64Array is needed");
  return {static_cast<double*>(data), length};
}

napi_value Arguments::function(size_t index) {
  napi_valuetype type = napi_undefined;
  if (!ok_) return nullptr;
  if (napi_typeof(env_, values_[index], &type) != napi_ok || type != napi_function) {
    ok_ = false;
    napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", "a function is needed");
    return nullptr;
  }
  return values_[index];
}

size_t Arguments::text(size_t index, char* into, size_t capacity) {
  size_t length = 0;
  if (!ok_) return 0;
  napi_value value = values_[index];
  if (napi_get_value_string_latin1(env_, value, nullptr, 0, &length) != napi_ok) {
    ok_ = false;
    napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", "a string is needed");
    return 0;
  }
  if (!require(length > 0 && length < capacity, "a text has a wrong length")) return 0;
  napi_get_value_string_latin1(env_, value, into, capacity, &length);
  return length;
}

bool Arguments::require(bool condition, const char* message) {
  if (ok_ && !condition) {
    ok_ = false;
    napi_throw_range_error(env_, "ERR_OUT_OF_RANGE", message);
  }
  return ok_;
}

void Arguments::fail(const char* message) {
  if (ok_) napi_throw_error(env_, "ERR_NATIVE", message);
  ok_ = false;
}

void* Arguments::typedArray(napi_value value, napi_typedarray_type wanted, size_t* length, const char* message,
                            napi_value* memory) {
  if (!ok_) return nullptr;
  napi_typedarray_type type;
  void* data = nullptr;
  napi_status status = napi_get_typedarray_info(env_, value, &type, length, &data, memory, nullptr);
  if (status != napi_ok || type != wanted) {
    ok_ = false;
    *length = 0;
    napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", message);
    return nullptr;
  }
  if (data == nullptr) *length = 0;
  return data;
}

static void* referenced(napi_env env, napi_ref reference, napi_typedarray_type wanted, size_t* length) {
  napi_value value = nullptr;
  napi_typedarray_type type;
  void* data = nullptr;
  *length = 0;
  if (napi_get_reference_value(env, reference, &value) != napi_ok || value == nullptr) return nullptr;
  napi_status status = napi_get_typedarray_info(env, value, &type, length, &data, nullptr, nullptr);
  if (status != napi_ok || type != wanted || data == nullptr) {
    *length = 0;
    return nullptr;
  }
  return data;
}

Bytes referencedBytes(napi_env env, napi_ref reference) {
  size_t length;
  void* data = referenced(env, reference, napi_uint8_array, &length);
  return {static_cast<uint8_t*>(data), length};
}

Words referencedWords(napi_env env, napi_ref reference) {
  size_t length;
  void* data = referenced(env, reference, napi_int32_array, &length);
  return {static_cast<int32_t*>(data), length};
}

napi_value makeNumber(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

}  // namespace mpquic
