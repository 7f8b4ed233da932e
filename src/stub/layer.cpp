#include "stub/layer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <numeric>

#include <boost/crc.hpp>

#include "stub/content.hpp"

namespace harbor_router::stub {
namespace {

constexpr std::uint64_t tar_block = 512;
constexpr std::uint64_t stored_limit = 65535;  // payload of one stored block (RFC 1951, 3.2.4)
constexpr std::uint64_t stored_header = 5;

std::string tar_header(const std::string& name, std::uint64_t size) {
  std::string header(tar_block, '\0');
  const auto put = [&header](std::size_t at, std::string_view text) {
    header.replace(at, text.size(), text);
  };
  std::array<char, 16> octal{};
  std::snprintf(octal.data(), octal.size(), "%011llo", static_cast<unsigned long long>(size));
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal.data());
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  const unsigned sum = std::accumulate(
      header.begin(), header.end(), 0U,
      [](unsigned so_far, char c) { return so_far + static_cast<unsigned char>(c); });
  std::snprintf(octal.data(), octal.size(), "%06o", sum);
  put(148, std::string_view(octal.data(), 7));
  return header;
}

// Header, file, padding, two empty blocks. At most 8 GiB (11 octal digits).
class Tar final : public Content {
 public:
  explicit Tar(const LayerFile& file)
      : header_(tar_header(file.name, file.bytes.size)), file_(file.bytes) {}
  std::uint64_t size() const override {
    return tar_block + (file_.size + tar_block - 1) / tar_block * tar_block + 2 * tar_block;
  }
  void read(std::uint64_t offset, std::span<char> out) const override {
    const std::uint64_t file_end = tar_block + file_.size;
    while (!out.empty()) {
      std::size_t length = out.size();
      if (offset < tar_block) {
        length = std::min(length, static_cast<std::size_t>(tar_block - offset));
        std::memcpy(out.data(), header_.data() + offset, length);
      } else if (offset < file_end) {
        length = static_cast<std::size_t>(std::min<std::uint64_t>(length, file_end - offset));
        read_pattern(file_.seed, offset - tar_block, out.first(length));
      } else {
        std::fill(out.begin(), out.end(), '\0');
      }
      out = out.subspan(length);
      offset += length;
    }
  }

 private:
  std::string header_;
  Pattern file_;
};

void put_little_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

class StoredGzip final : public Content {
 public:
  StoredGzip(std::shared_ptr<const Content> plain, std::uint32_t crc) : plain_(std::move(plain)) {
    put_little_endian(trailer_, crc, 4);
    put_little_endian(trailer_, plain_->size() & 0xffffffffU, 4);
  }
  std::uint64_t size() const override { return header_.size() + framed() + trailer_.size(); }
  void read(std::uint64_t offset, std::span<char> out) const override {
    while (!out.empty()) {
      const std::size_t length = read_some(offset, out);
      out = out.subspan(length);
      offset += length;
    }
  }

 private:
  std::uint64_t blocks() const { return (plain_->size() + stored_limit - 1) / stored_limit; }
  std::uint64_t framed() const { return plain_->size() + blocks() * stored_header; }

  static std::size_t copy(std::string_view from, std::uint64_t offset, std::span<char> out) {
    const std::size_t length = std::min(out.size(), from.size() - static_cast<std::size_t>(offset));
    std::memcpy(out.data(), from.data() + offset, length);
    return length;
  }

  std::size_t read_some(std::uint64_t offset, std::span<char> out) const {
    if (offset < header_.size()) return copy(header_, offset, out);
    offset -= header_.size();
    if (offset >= framed()) return copy(trailer_, offset - framed(), out);
    const std::uint64_t block = offset / (stored_header + stored_limit);
    const std::uint64_t within = offset % (stored_header + stored_limit);
    const std::uint64_t start = block * stored_limit;
    const std::uint64_t payload = std::min(stored_limit, plain_->size() - start);
    if (within < stored_header) {
      std::string head(1, block + 1 == blocks() ? '\1' : '\0');
      put_little_endian(head, payload, 2);
      put_little_endian(head, ~payload, 2);
      return copy(head, within, out);
    }
    const std::uint64_t left = payload - (within - stored_header);
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left));
    plain_->read(start + within - stored_header, out.first(length));
    return length;
  }

  std::string header_{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10};
  std::string trailer_;
  std::shared_ptr<const Content> plain_;
};

}  // namespace

Layer make_layer(const LayerFile& file) {
  auto tar = std::make_shared<Tar>(file);
  boost::crc_32_type crc;
  Sha256 sha;
  read_all(*tar, [&](std::string_view chunk) {
    crc.process_bytes(chunk.data(), chunk.size());
    sha.update(chunk);
  });
  auto gzip = std::make_shared<StoredGzip>(tar, crc.checksum());
  auto digest = digest_of(*gzip);
  return {.blob = {.digest = std::move(digest), .content = std::move(gzip)},
          .diff_id = sha.digest()};
}

}  // namespace harbor_router::stub
