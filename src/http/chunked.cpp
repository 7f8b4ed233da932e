#include "harbor_router/http/chunked.hpp"

#include <algorithm>
#include <cstring>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::http {

namespace {

constexpr std::size_t max_dropped = 16 * 1024;

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What may stand in an extension or a field's value; their parts are of no interest here.
bool is_text(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return base::is_blank(c) || (byte > ' ' && byte != 0x7f);
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::decode(std::span<char> input) noexcept {
  Step step;
  const auto bad = [&step] {
    step.bad = true;
    return step;
  };
  while (step.consumed < input.size() && state_ != State::done) {
    if (state_ == State::data) {
      const std::size_t take =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - step.consumed));
      std::memmove(input.data() + step.produced, input.data() + step.consumed, take);
      step.produced += take;
      step.consumed += take;
      left_ -= take;
      if (left_ == 0) state_ = State::data_cr;
      continue;
    }
    const char c = input[step.consumed++];
    switch (state_) {
      case State::size:
        if (const int value = hex_value(c); value >= 0) {
          if (++digits_ > 15) return bad();
          left_ = left_ * 16 + static_cast<unsigned>(value);
        } else if (digits_ == 0) {
          return bad();
        } else if (c == '\r') {
          state_ = State::size_lf;
        } else if (c == ';') {
          state_ = State::extension;
        } else if (base::is_blank(c)) {
          state_ = State::before_extension;
        } else {
          return bad();
        }
        break;
      case State::before_extension:
        if (++dropped_ > max_dropped || (c != ';' && !base::is_blank(c))) return bad();
        if (c == ';') state_ = State::extension;
        break;
      case State::extension:
        if (++dropped_ > max_dropped || (c != '\r' && !is_text(c))) return bad();
        if (c == '\r') state_ = State::size_lf;
        break;
      case State::size_lf:
        if (c != '\n') return bad();
        state_ = left_ == 0 ? State::trailer : State::data;
        digits_ = 0;
        break;
      case State::data_cr:
        if (c != '\r') return bad();
        state_ = State::data_lf;
        break;
      case State::data_lf:
        if (c != '\n') return bad();
        state_ = State::size;
        break;
      case State::trailer:
        if (++dropped_ > max_dropped || (c != '\r' && !base::is_token_character(c))) return bad();
        state_ = c == '\r' ? State::end_lf : State::trailer_name;
        break;
      case State::trailer_name:
        if (++dropped_ > max_dropped || (c != ':' && !base::is_token_character(c))) return bad();
        if (c == ':') state_ = State::trailer_value;
        break;
      case State::trailer_value:
        if (++dropped_ > max_dropped || (c != '\r' && !is_text(c))) return bad();
        if (c == '\r') state_ = State::trailer_lf;
        break;
      case State::trailer_lf:
        if (c != '\n') return bad();
        state_ = State::trailer;
        break;
      case State::end_lf:
        if (c != '\n') return bad();
        state_ = State::done;
        break;
      case State::data:
      case State::done:
        break;
    }
  }
  return step;
}

}  // namespace harbor_router::http
