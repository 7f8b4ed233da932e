// What every fuzz target shares: bytes as text, and an invariant that stops the run when broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace harbor_router::fuzz {

// Copied to the heap at its exact size, so that AddressSanitizer sees one byte too many.
inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return std::string(data, data + size);
}

// clang 14 has no std::source_location.
inline void must(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "broken invariant at %s:%d\n", file, line);
  std::abort();
}

}  // namespace harbor_router::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
