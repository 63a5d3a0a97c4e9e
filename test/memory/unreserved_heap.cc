// Runs queries under an allocator that counts, and prints for each how many bytes of heap it held,
// at most, beyond what the memory budget had reserved at that moment.
//   unreserved_heap THREADS SETUP.sql QUERY.sql...      one line a query: name, bytes
//   unreserved_heap --self-test                         an allocation that nobody reserved must be
//   seen

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "session/connection.h"

// glibc's allocator behind the counting one.
extern "C" {
// NOLINTBEGIN(readability-identifier-naming): the names of the C library
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* pointer, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* pointer);
// NOLINTEND(readability-identifier-naming)
}

namespace {

// Small allocations are counted but do not look for a new maximum, to keep the queries' pace.
constexpr size_t kLookBytes = 4096;

std::atomic<int64_t> live_bytes{0};
std::atomic<int64_t> baseline_bytes{0};
std::atomic<int64_t> most_unreserved_bytes{0};
std::atomic<const trivet::MemoryBudget*> budget{nullptr};

void Look() {
  const trivet::MemoryBudget* current = budget.load(std::memory_order_acquire);
  if (current == nullptr) return;
  const int64_t unreserved = live_bytes.load(std::memory_order_relaxed) -
                             baseline_bytes.load(std::memory_order_relaxed) -
                             static_cast<int64_t>(current->reserved_bytes());
  int64_t most = most_unreserved_bytes.load(std::memory_order_relaxed);
  while (unreserved > most && !most_unreserved_bytes.compare_exchange_weak(most, unreserved)) {
  }
}

void* Counted(void* pointer) {
  if (pointer == nullptr) return nullptr;
  const size_t size = malloc_usable_size(pointer);
  live_bytes.fetch_add(static_cast<int64_t>(size), std::memory_order_relaxed);
  if (size >= kLookBytes) Look();
  return pointer;
}

void Uncount(void* pointer) {
  if (pointer == nullptr) return;
  live_bytes.fetch_sub(static_cast<int64_t>(malloc_usable_size(pointer)),
                       std::memory_order_relaxed);
}

}  // namespace

extern "C" {
void* malloc(size_t size) { return Counted(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) { return Counted(__libc_calloc(count, size)); }
void* realloc(void* pointer, size_t size) {
  const size_t before = pointer == nullptr ? 0 : malloc_usable_size(pointer);
  void* moved = __libc_realloc(pointer, size);
  if (moved == nullptr && size > 0) return nullptr;  // the old block stays
  live_bytes.fetch_sub(static_cast<int64_t>(before), std::memory_order_relaxed);
  return Counted(moved);
}
void* memalign(size_t alignment, size_t size) { return Counted(__libc_memalign(alignment, size)); }
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** pointer, size_t alignment, size_t size) {
  *pointer = memalign(alignment, size);
  return *pointer == nullptr ? ENOMEM : 0;
}
void free(void* pointer) {
  Uncount(pointer);
  __libc_free(pointer);
}
}

namespace trivet {
namespace {

[[noreturn]] void Fail(const std::string& message) {
  std::cerr << message << std::endl;
  std::exit(1);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) Fail("cannot open " + path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

void StartCounting(const MemoryBudget& of) {
  baseline_bytes = live_bytes.load() - static_cast<int64_t>(of.reserved_bytes());
  most_unreserved_bytes = 0;
  budget = &of;
}

int64_t StopCounting() {
  budget = nullptr;
  return most_unreserved_bytes;
}

void RunToEnd(Connection& connection, const std::string& sql) {
  auto result = connection.Execute(sql);
  if (!result.ok()) Fail(result.status().Render(sql));
  Batch batch;
  while (true) {
    auto more = (*result)->Next(batch);
    if (!more.ok()) Fail(more.status().Render(sql));
    if (!*more) return;
  }
}

int SelfTest() {
  constexpr size_t kBytes = size_t{80} << 20;
  const auto database = Database::Open();
  StartCounting(database->memory());
  {
    const auto unreserved = std::make_unique<char[]>(kBytes);
  }
  const int64_t seen = StopCounting();
  std::printf("%lld\n", static_cast<long long>(seen));
  return seen >= static_cast<int64_t>(kBytes) ? 0 : 1;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--self-test") return SelfTest();
  if (arguments.size() < 3) Fail("usage: unreserved_heap THREADS SETUP.sql QUERY.sql...");
  DatabaseOptions options;
  options.threads = std::strtoul(arguments[0].c_str(), nullptr, 10);
  const auto database = Database::Open(options);
  const auto connection = database->Connect();
  RunToEnd(*connection, ReadFile(arguments[1]));
  for (size_t i = 2; i < arguments.size(); ++i) {
    const std::string sql = ReadFile(arguments[i]);
    StartCounting(database->memory());
    RunToEnd(*connection, sql);
    std::printf("%s %lld\n", std::filesystem::path(arguments[i]).stem().c_str(),
                static_cast<long long>(StopCounting()));
  }
  return 0;
}

}  // namespace
}  // namespace trivet

int main(int argc, char** argv) { return trivet::Main({argv + 1, argv + argc}); }
