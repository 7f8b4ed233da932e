#include "harbor_router/store/image_pattern.hpp"

#include <algorithm>
#include <cwctype>

namespace harbor_router::store {

namespace {

std::string with_reference(std::string name, std::string_view reference) {
  if (reference.empty()) return name;
  name += reference.find(':') == std::string_view::npos ? ':' : '@';
  return name.append(reference);
}

std::string full_name(const Key& key) {
  std::string name(key.hint);
  if (!name.empty()) name += '/';
  return name.append(key.repository);
}

// "[:digit:]" at the front of the rest: its bytes, and the rest goes on behind it. Nothing: it is
// no class; none of an unknown one.
std::optional<std::bitset<256>> read_class(std::string_view& rest) {
  constexpr std::size_t longest_class = 16;  // "[:xdigit:]" is the longest there is
  if (!rest.starts_with("[:")) return std::nullopt;
  const std::size_t end = rest.substr(0, longest_class).find(":]", 2);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string name(rest.substr(2, end - 2));
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (!std::all_of(name.begin(), name.end(), is_letter)) return std::nullopt;
  rest.remove_prefix(end + 2);
  std::bitset<256> bytes;
  const std::wctype_t type = std::wctype(name.c_str());
  for (std::wint_t c = 0; c < 128; ++c) bytes[c] = type != 0 && std::iswctype(c, type) != 0;
  return bytes;
}

// The next byte, which a backslash may quote. Nothing: there is none.
std::optional<unsigned char> read_byte(std::string_view& rest) {
  if (rest.starts_with('\\')) rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;
  const auto byte = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  return byte;
}

}  // namespace

std::string image_of(const Key& key) {
  return with_reference(full_name(key), key.reference);
}

// What is between brackets; the glob goes on behind them. Nothing, and no step: they do not end.
std::optional<ImagePattern::Bytes> ImagePattern::read_brackets(std::string_view& glob) {
  std::string_view rest = glob.substr(1);
  const bool others = rest.starts_with('!') || rest.starts_with('^');
  if (others) rest.remove_prefix(1);
  Bytes bytes;
  for (bool first = true; first || !rest.starts_with(']'); first = false) {
    if (const auto several = read_class(rest)) {
      bytes |= *several;
      continue;
    }
    const auto from = read_byte(rest);
    if (!from) return std::nullopt;
    auto to = from;
    if (rest.size() > 1 && rest[0] == '-' && rest[1] != ']') {
      rest.remove_prefix(1);
      to = read_byte(rest);
      if (!to) return std::nullopt;
    }
    for (unsigned byte = *from; byte <= *to; ++byte) bytes.set(byte);
  }
  glob = rest.substr(1);
  return others ? ~bytes : bytes;
}

ImagePattern::ImagePattern(std::string_view glob) : everything_(glob.empty()) {
  while (!glob.empty()) {
    if (glob.starts_with('*')) {
      if (places_.empty() || places_.back().one_of) places_.push_back({});
      glob.remove_prefix(1);
      continue;
    }
    std::optional<Bytes> bytes;
    if (glob.starts_with('[')) bytes = read_brackets(glob);
    if (!bytes && glob.starts_with('?')) {
      bytes = Bytes().set();
      glob.remove_prefix(1);
    }
    if (!bytes) {
      bytes.emplace();
      if (const auto byte = read_byte(glob)) bytes->set(*byte);  // a lone \ at the end is nothing's
    }
    places_.push_back({bytes});
    ++least_bytes_;
  }
}

// Goes back to the last * alone: what an earlier one stands for need not grow.
bool ImagePattern::fits(std::string_view text) const {
  if (text.size() < least_bytes_) return false;
  constexpr std::size_t none = std::string_view::npos;
  std::size_t at = 0, place = 0, after_run = none, run_ends = 0;
  while (at < text.size()) {
    const bool in_pattern = place < places_.size();
    if (in_pattern && !places_[place].one_of) {
      after_run = ++place;
      run_ends = at;
    } else if (in_pattern && places_[place].one_of->test(static_cast<unsigned char>(text[at]))) {
      ++place;
      ++at;
    } else if (after_run != none) {
      place = after_run;
      at = ++run_ends;
    } else {
      return false;
    }
  }
  while (place < places_.size() && !places_[place].one_of) ++place;
  return place == places_.size();
}

bool ImagePattern::matches(const Key& key) const {
  if (everything_) return true;
  const std::string repository(key.repository);
  return fits(image_of(key)) || fits(full_name(key)) ||
         fits(with_reference(repository, key.reference)) || fits(repository);
}

}  // namespace harbor_router::store
