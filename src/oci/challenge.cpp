#include "harbor_router/oci/challenge.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::oci {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

void skip_any(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

std::string_view take_token(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), base::is_token_character);
  const std::string_view token = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(token.size());
  return token;
}

// text stands at the opening quote; nullopt when no closing one comes, or at a control character.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && ++i == text.size()) break;
    if (is_control(text[i])) break;
    value += text[i];
  }
  return std::nullopt;
}

enum class Scheme { none, other, bearer, basic };

// Collects the parameters of one challenge after the other.
class Collector {
 public:
  void start(std::string_view scheme) {
    close();
    scheme_ = base::equal_ignoring_case(scheme, "bearer")  ? Scheme::bearer
              : base::equal_ignoring_case(scheme, "basic") ? Scheme::basic
                                                           : Scheme::other;
  }

  [[nodiscard]] bool started() const { return scheme_ != Scheme::none; }

  void add(std::string_view name, std::string value) {
    std::string* kept = base::equal_ignoring_case(name, "realm")     ? &found_.realm
                        : base::equal_ignoring_case(name, "service") ? &found_.service
                        : base::equal_ignoring_case(name, "scope")   ? &found_.scope
                                                                     : nullptr;
    if (kept != nullptr && kept->empty()) *kept = std::move(value);
  }

  [[nodiscard]] std::vector<Challenge> take() {
    close();
    return std::move(all_);
  }

 private:
  void close() {
    if (scheme_ == Scheme::bearer && !found_.realm.empty()) all_.emplace_back(std::move(found_));
    if (scheme_ == Scheme::basic) all_.emplace_back(BasicChallenge{std::move(found_.realm)});
    found_ = {};
    scheme_ = Scheme::none;
  }

  Scheme scheme_ = Scheme::none;
  BearerChallenge found_;
  std::vector<Challenge> all_;
};

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != ' ') out += ',';
  out.append(name).append("=\"");
  for (const char c : value) {
    if (is_control(c)) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view www_authenticate) {
  constexpr std::string_view blanks = " \t";
  std::string_view text = www_authenticate;
  Collector collector;
  while (true) {
    skip_any(text, " \t,");
    const std::string_view token = take_token(text);
    if (token.empty()) break;  // the end, or something that is no header of this kind
    skip_any(text, blanks);
    if (!text.starts_with('=')) {
      collector.start(token);
      continue;
    }
    text.remove_prefix(1);
    skip_any(text, blanks);
    if (!collector.started()) break;
    if (text.starts_with('"')) {
      auto value = take_quoted(text);
      if (!value) break;
      collector.add(token, *std::move(value));
    } else {
      // Some registries leave out the quotes, also around what is no token.
      const std::string_view value = text.substr(0, text.find_first_of(" \t,"));
      if (std::any_of(value.begin(), value.end(), is_control)) break;
      collector.add(token, std::string(value));
      text.remove_prefix(value.size());
    }
  }
  return collector.take();
}

std::string format_challenge(const BearerChallenge& challenge) {
  std::string out = "Bearer ";
  append_parameter(out, "realm", challenge.realm);
  append_parameter(out, "service", challenge.service);
  append_parameter(out, "scope", challenge.scope);
  return out;
}

}  // namespace harbor_router::oci
