#include "harbor_router/base/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace harbor_router::base {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t octet(char c) {
  return static_cast<unsigned char>(c);
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3)) {
    std::uint32_t group = octet(bytes[0]) << 16U;
    if (bytes.size() > 1) group |= octet(bytes[1]) << 8U;
    if (bytes.size() > 2) group |= octet(bytes[2]);
    out += alphabet[(group >> 18U) & 63U];
    out += alphabet[(group >> 12U) & 63U];
    out += bytes.size() > 1 ? alphabet[(group >> 6U) & 63U] : '=';
    out += bytes.size() > 2 ? alphabet[group & 63U] : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);

  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;  // how many of the low bits are not written yet
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>((bits >> held) & 0xFFU);
    bits &= (1U << held) - 1;
  }
  // Bits left over hold no octet: a second spelling of the same bytes is refused.
  if (bits != 0) return std::nullopt;
  return out;
}

}  // namespace harbor_router::base
