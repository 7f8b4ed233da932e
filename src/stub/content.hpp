// Reading and digesting content piece by piece.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "harbor_router/oci/sha256.hpp"
#include "harbor_router/stub/image.hpp"

namespace harbor_router::stub {

void read_pattern(std::uint64_t seed, std::uint64_t offset, std::span<char> out);

using oci::Sha256;

template <class Sink>
void read_all(const Content& content, Sink sink) {
  std::vector<char> buffer(64 * 1024);
  for (std::uint64_t offset = 0; offset < content.size();) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), content.size() - offset));
    content.read(offset, std::span(buffer).first(length));
    sink(std::string_view(buffer.data(), length));
    offset += length;
  }
}

[[nodiscard]] oci::Digest digest_of(const Content& content);

}  // namespace harbor_router::stub
