// Blob bytes: in memory, or a pseudo-random pattern computed at the offset asked for.
#include "stub/content.hpp"

#include <algorithm>
#include <cstring>

namespace harbor_router::stub {
namespace {

class BytesContent final : public Content {
 public:
  explicit BytesContent(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<char> out) const override {
    std::memcpy(out.data(), bytes_.data() + offset, out.size());
  }

 private:
  std::string bytes_;
};

class PatternContent final : public Content {
 public:
  explicit PatternContent(Pattern pattern) : pattern_(pattern) {}
  std::uint64_t size() const override { return pattern_.size; }
  void read(std::uint64_t offset, std::span<char> out) const override {
    read_pattern(pattern_.seed, offset, out);
  }

 private:
  Pattern pattern_;
};

// splitmix64: any word of the stream without the ones before it.
std::uint64_t word_at(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

void read_pattern(std::uint64_t seed, std::uint64_t offset, std::span<char> out) {
  while (!out.empty()) {
    const std::uint64_t word = word_at(seed, offset / 8);
    const std::size_t within = offset % 8;
    const std::size_t length = std::min(out.size(), 8 - within);
    std::memcpy(out.data(), reinterpret_cast<const char*>(&word) + within, length);
    out = out.subspan(length);
    offset += length;
  }
}

oci::Digest digest_of(const Content& content) {
  Sha256 sha;
  read_all(content, [&sha](std::string_view chunk) { sha.update(chunk); });
  return sha.digest();
}

std::shared_ptr<const Content> bytes_content(std::string bytes) {
  return std::make_shared<BytesContent>(std::move(bytes));
}

Blob bytes_blob(std::string bytes) {
  auto digest = oci::Digest::of(bytes);
  return {.digest = std::move(digest), .content = bytes_content(std::move(bytes))};
}

Blob pattern_blob(Pattern pattern) {
  auto content = std::make_shared<PatternContent>(pattern);
  auto digest = digest_of(*content);
  return {.digest = std::move(digest), .content = std::move(content)};
}

}  // namespace harbor_router::stub
