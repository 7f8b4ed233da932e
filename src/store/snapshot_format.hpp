// What writer and reader of a snapshot agree on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace harbor_router::store {

inline constexpr std::string_view snapshot_kind = "harbor-router/";
inline constexpr std::string_view snapshot_start = "harbor-router/1\n";
inline constexpr std::size_t longest_projects = 16U << 20U;
inline constexpr std::size_t snapshot_block = 256U << 10U;  // read or written at once

template <class Number>
void append_little_endian(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    out.push_back(static_cast<char>(number >> (8 * i)));
}

template <class Number>
[[nodiscard]] Number little_endian(std::string_view bytes) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number |= static_cast<Number>(Number{static_cast<std::uint8_t>(bytes[i])} << (8 * i));
  return number;
}

}  // namespace harbor_router::store
