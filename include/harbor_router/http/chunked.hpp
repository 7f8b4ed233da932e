// Decodes the chunked transfer coding (RFC 9112 section 7.1), a piece at a time, in place. Pure.
// Chunk extensions and trailer fields are dropped; both are bounded, and lines that are neither are
// bad.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace harbor_router::http {

class ChunkedDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;  // bytes of the input that are used up
    std::size_t produced = 0;  // bytes of body, moved to the front of the input
    bool bad = false;
  };
  // Decodes input in place: body bytes are moved to its front.
  [[nodiscard]] Step decode(std::span<char> input) noexcept;
  [[nodiscard]] bool done() const noexcept { return state_ == State::done; }

 private:
  enum class State {
    size,
    before_extension,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done
  };
  State state_ = State::size;
  std::uint64_t left_ = 0;
  unsigned digits_ = 0;
  std::size_t dropped_ = 0;  // extension and trailer bytes so far
};

}  // namespace harbor_router::http
