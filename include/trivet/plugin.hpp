// C++ over plugin.h: functions of plain values, and operators of batches, without Arrow's layout in
// sight. Header only; needs C++17 and nothing of Trivet.
//
//   double Hypotenuse(double a, double b) { return std::sqrt(a * a + b * b); }
//
//   static int AddAll(const trivet_registrar* registrar) {
//     return trivet::plugin::AddFunction(registrar, "hypotenuse", 1, Hypotenuse);
//   }
//   TRIVET_PLUGIN("geometry", AddAll)
//
// A function takes and gives int32_t, int64_t, double, bool or std::string_view (which it may give
// as std::string). Rows with a NULL argument are NULL. It throws std::exception where a row has no
// answer.
#pragma once

#include <cerrno>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "trivet/plugin.h"

namespace trivet::plugin {

// The SQL type of a C++ one.
template <typename T>
constexpr const char* TypeName() {
  if constexpr (std::is_same_v<T, int32_t>) return "INTEGER";
  if constexpr (std::is_same_v<T, int64_t>) return "BIGINT";
  if constexpr (std::is_same_v<T, double>) return "DOUBLE";
  if constexpr (std::is_same_v<T, bool>) return "BOOLEAN";
  return "VARCHAR";
}

inline bool BitAt(const void* bits, int64_t i) {
  return (static_cast<const uint8_t*>(bits)[i >> 3] >> (i & 7)) & 1;
}

// One column of a batch, read by row.
template <typename T>
class Column {
 public:
  explicit Column(const ArrowArray& array) : array_(array) {}
  bool IsNull(int64_t row) const {
    return array_.buffers[0] != nullptr && !BitAt(array_.buffers[0], array_.offset + row);
  }
  T operator[](int64_t row) const {
    const int64_t i = array_.offset + row;
    if constexpr (std::is_same_v<T, bool>) {
      return BitAt(array_.buffers[1], i);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return static_cast<const T*>(array_.buffers[1])[i];
    } else {
      const auto* offsets = static_cast<const int32_t*>(array_.buffers[1]);
      return std::string_view(static_cast<const char*>(array_.buffers[2]) + offsets[i],
                              static_cast<size_t>(offsets[i + 1] - offsets[i]));
    }
  }

 private:
  const ArrowArray& array_;
};

// Makes one column.
template <typename T>
class ColumnBuilder {
 public:
  void Append(const T& value) { Add(value, true); }
  void AppendNull() { Add(T{}, false); }
  int64_t size() const { return rows_; }
  // Moves the rows into `out`, which is then the receiver's to release.
  void Finish(ArrowArray* out) {
    auto* owner = new Owner{std::move(validity_), std::move(values_), std::move(offsets_), {}};
    owner->buffers[0] = owner->validity.data();
    owner->buffers[1] = kIsText ? static_cast<const void*>(owner->offsets.data())
                                : static_cast<const void*>(owner->values.data());
    owner->buffers[2] = owner->values.data();
    *out = ArrowArray{rows_,          -1,      0,       kIsText ? 3 : 2, 0,
                      owner->buffers, nullptr, nullptr, Release,         owner};
    rows_ = 0;
    if (kIsText) offsets_.assign(1, 0);
  }

 private:
  static constexpr bool kIsText = !std::is_arithmetic_v<T>;
  struct Owner {
    std::vector<uint8_t> validity;
    std::vector<char> values;
    std::vector<int32_t> offsets;
    const void* buffers[3];
  };
  static void Release(ArrowArray* array) {
    delete static_cast<Owner*>(array->private_data);
    array->release = nullptr;
  }
  void Add(const T& value, bool valid) {
    if (rows_ % 8 == 0) validity_.push_back(0);
    if (valid) validity_.back() |= static_cast<uint8_t>(1u << (rows_ & 7));
    if constexpr (kIsText) {
      values_.insert(values_.end(), value.begin(), value.end());
      offsets_.push_back(static_cast<int32_t>(values_.size()));
    } else if constexpr (std::is_same_v<T, bool>) {
      if (rows_ % 8 == 0) values_.push_back(0);
      if (value) values_.back() = static_cast<char>(values_.back() | (1 << (rows_ & 7)));
    } else {
      const auto* bytes = reinterpret_cast<const char*>(&value);
      values_.insert(values_.end(), bytes, bytes + sizeof(T));
    }
    ++rows_;
  }
  int64_t rows_ = 0;
  std::vector<uint8_t> validity_;
  std::vector<char> values_;
  std::vector<int32_t> offsets_ = {0};
};

// Columns as one struct array of `rows` rows; takes them over.
inline void FinishBatch(std::vector<ArrowArray> columns, int64_t rows, ArrowArray* out) {
  struct Owner {
    std::vector<ArrowArray> columns;
    std::vector<ArrowArray*> pointers;
    const void* buffers[1];
  };
  auto* owner = new Owner{std::move(columns), {}, {nullptr}};
  for (ArrowArray& column : owner->columns) owner->pointers.push_back(&column);
  *out = ArrowArray{rows,
                    0,
                    0,
                    1,
                    static_cast<int64_t>(owner->pointers.size()),
                    owner->buffers,
                    owner->pointers.data(),
                    nullptr,
                    [](ArrowArray* array) {
                      auto* owned = static_cast<Owner*>(array->private_data);
                      for (ArrowArray& column : owned->columns) {
                        if (column.release != nullptr) column.release(&column);
                      }
                      delete owned;
                      array->release = nullptr;
                    },
                    owner};
}

template <typename Result, typename... Arguments>
class Function {
 public:
  using Body = std::function<Result(Arguments...)>;
  static int Evaluate(void* state, const trivet_call* call, const ArrowArray* arguments,
                      int64_t rows, ArrowArray* result) {
    return Run(*static_cast<Body*>(state), call, *arguments, rows, result,
               std::index_sequence_for<Arguments...>());
  }

 private:
  using Stored = std::conditional_t<std::is_arithmetic_v<Result>, Result, std::string>;
  template <size_t... I>
  static int Run(const Body& body, const trivet_call* call, const ArrowArray& arguments,
                 int64_t rows, ArrowArray* result, std::index_sequence<I...>) {
    const std::tuple<Column<Arguments>...> columns(Column<Arguments>(*arguments.children[I])...);
    ColumnBuilder<Stored> builder;
    for (int64_t row = 0; row < rows; ++row) {
      if ((row & 255) == 0 && call->is_cancelled(call)) return ECANCELED;
      try {
        builder.Append(Stored(body(std::get<I>(columns)[row]...)));
      } catch (const std::exception& error) {
        call->fail_row(call, row, error.what());
        builder.AppendNull();
      }
    }
    builder.Finish(result);
    return 0;
  }
};

template <typename Result, typename... Arguments>
int AddFunction(const trivet_registrar* registrar, const char* name, uint32_t version,
                std::function<Result(Arguments...)> body, bool deterministic = true) {
  const char* const types[] = {TypeName<Arguments>()..., nullptr};
  trivet_function function{};
  function.struct_size = sizeof(function);
  function.version = version;
  function.name = name;
  function.parameter_types = types;
  function.parameter_count = sizeof...(Arguments);
  function.return_type = TypeName<Result>();
  function.not_deterministic = !deterministic;
  function.state = new std::function<Result(Arguments...)>(std::move(body));
  function.release = [](void* state) {
    delete static_cast<std::function<Result(Arguments...)>*>(state);
  };
  function.evaluate = Function<Result, Arguments...>::Evaluate;
  return registrar->add_function(registrar, &function);
}

template <typename Result, typename... Arguments>
int AddFunction(const trivet_registrar* registrar, const char* name, uint32_t version,
                Result (*body)(Arguments...), bool deterministic = true) {
  return AddFunction(registrar, name, version, std::function<Result(Arguments...)>(body),
                     deterministic);
}

// The input of an operator, batch by batch.
class Input {
 public:
  explicit Input(ArrowArrayStream* stream) : stream_(*stream) { stream->release = nullptr; }
  ~Input() {
    Release();
    if (stream_.release != nullptr) stream_.release(&stream_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  // The next batch, valid until the call after; null at the end. Throws what went wrong.
  const ArrowArray* Next() {
    Release();
    if (stream_.get_next(&stream_, &batch_) != 0) {
      batch_.release = nullptr;
      throw std::runtime_error(stream_.get_last_error(&stream_));
    }
    return batch_.release != nullptr ? &batch_ : nullptr;
  }

 private:
  void Release() {
    if (batch_.release != nullptr) batch_.release(&batch_);
  }
  ArrowArrayStream stream_;
  ArrowArray batch_{};
};

// An operator's run: gives the next batch of output, false at the end.
class Run {
 public:
  virtual ~Run() = default;
  virtual bool Next(ArrowArray* out) = 0;
};

// The run as the stream that the host reads.
inline void ExportRun(std::unique_ptr<Run> run, ArrowArrayStream* out) {
  struct Owner {
    std::unique_ptr<Run> run;
    std::string error;
  };
  *out = ArrowArrayStream{[](ArrowArrayStream*, ArrowSchema*) { return ENOSYS; },
                          [](ArrowArrayStream* stream, ArrowArray* batch) {
                            auto* owner = static_cast<Owner*>(stream->private_data);
                            *batch = ArrowArray{};
                            try {
                              if (!owner->run->Next(batch)) *batch = ArrowArray{};
                              return 0;
                            } catch (const std::exception& error) {
                              owner->error = error.what();
                              return EIO;
                            }
                          },
                          [](ArrowArrayStream* stream) {
                            return static_cast<Owner*>(stream->private_data)->error.c_str();
                          },
                          [](ArrowArrayStream* stream) {
                            delete static_cast<Owner*>(stream->private_data);
                            stream->release = nullptr;
                          },
                          new Owner{std::move(run), {}}};
}

}  // namespace trivet::plugin

// Exports the plugin; it works with every build of Trivet that has this version of the interface.
#define TRIVET_PLUGIN(plugin_name, add_all_function)                                      \
  extern "C" TRIVET_PLUGIN_EXPORT const struct trivet_plugin* trivet_plugin_entry(void) { \
    static const struct trivet_plugin plugin = {TRIVET_PLUGIN_ABI, plugin_name, nullptr,  \
                                                add_all_function};                        \
    return &plugin;                                                                       \
  }
