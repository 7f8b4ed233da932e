#include "bench/reply_reader.hpp"

#include <algorithm>

namespace harbor_router::bench {

using http::Framing;

void ReplyReader::begin(http::RequestMethod method, const oci::Digest* digest) {
  method_ = method;
  asked_ = digest;
  expected_.reset();
  running_.reset();
  head_.status = 0;
  head_.keep_alive = false;
  partial_.clear();
  in_body_ = verified_ = false;
  left_ = received_ = 0;
}

ReplyReader::State ReplyReader::bad(Trouble trouble) noexcept {
  trouble_ = trouble;
  return State::bad;
}

// The digest asked for; for a tag, the one the answer announces.
void ReplyReader::choose_digest() {
  if (verify_ == Verify::nothing || head_.status != 200 || head_.framing == Framing::none) return;
  if (asked_ != nullptr)
    expected_ = *asked_;
  else
    expected_ = oci::Digest::parse(head_.fields.get("Docker-Content-Digest"));
  if (expected_ && expected_->algorithm() != "sha256") expected_.reset();
  if (expected_) running_.emplace();
}

ReplyReader::State ReplyReader::whole() {
  if (!running_) return State::whole;
  verified_ = true;
  if (running_->digest() != *expected_) return bad(Trouble::digest);
  return State::whole;
}

ReplyReader::State ReplyReader::feed(std::span<char> bytes) {
  received_ += bytes.size();
  if (in_body_) return feed_body(bytes);
  for (;;) {
    // A head that came whole is read where it is.
    std::span<char> all = bytes;
    if (!partial_.empty()) {
      partial_.append(bytes.data(), bytes.size());
      all = partial_;
    }
    const std::string_view text(all.data(), all.size());
    const std::size_t size = http::head_size(text);
    if (size == 0) {
      if (text.size() > http::max_head_bytes) return bad(Trouble::protocol);
      if (partial_.empty()) partial_.assign(text);
      return State::more;
    }
    if (!http::parse_response_head(text.substr(0, size), method_, head_))
      return bad(Trouble::protocol);
    if (head_.status / 100 == 1) {  // an interim answer: the one that counts follows
      const std::string rest(text.substr(size));
      head_.status = 0;
      partial_ = rest;
      bytes = {};
      if (rest.empty()) return State::more;
      continue;
    }
    in_body_ = true;
    left_ = head_.content_length;
    chunked_ = {};
    choose_digest();
    return feed_body(all.subspan(size));
  }
}

ReplyReader::State ReplyReader::feed_body(std::span<char> bytes) {
  if (head_.framing == Framing::chunked) {
    while (!bytes.empty() && !chunked_.done()) {
      const auto step = chunked_.decode(bytes);
      if (step.bad) return bad(Trouble::protocol);
      if (running_) running_->update({bytes.data(), step.produced});
      bytes = bytes.subspan(step.consumed);
      if (step.consumed == 0) break;
    }
    if (!bytes.empty()) return bad(Trouble::protocol);
    return chunked_.done() ? whole() : State::more;
  }
  const bool counted = head_.framing == Framing::length;
  if (head_.framing == Framing::none || (counted && bytes.size() > left_)) {
    if (!bytes.empty()) return bad(Trouble::protocol);  // more than was announced
    return whole();
  }
  if (running_) running_->update({bytes.data(), bytes.size()});
  if (!counted) return State::more;
  left_ -= bytes.size();
  return left_ == 0 ? whole() : State::more;
}

ReplyReader::State ReplyReader::ended() {
  if (in_body_ && head_.framing == Framing::until_close) return whole();
  return bad(Trouble::closed);
}

}  // namespace harbor_router::bench
