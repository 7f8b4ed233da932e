#include "harbor_router/oci/media_type.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <boost/container/small_vector.hpp>

#include "harbor_router/base/ascii.hpp"

namespace harbor_router::oci {
namespace {

constexpr std::array manifest_types = {oci_index,       oci_manifest,   docker_list,
                                       docker_manifest, docker_schema1, docker_schema1_signed,
                                       oci_artifact};

constexpr std::uint16_t anything = 1U << manifest_types.size();
constexpr std::uint16_t unclear = anything << 1U;

std::string_view without_parameters(std::string_view element) {
  return base::trimmed(element.substr(0, element.find(';')));
}

// 0: no manifest's type.
std::uint16_t bit_of(std::string_view content_type) {
  const std::string_view type = without_parameters(content_type);
  for (std::size_t i = 0; i < manifest_types.size(); ++i)
    if (base::equal_ignoring_case(type, manifest_types[i]))
      return static_cast<std::uint16_t>(1U << i);
  return 0;
}

// Writes the list element at the start of line to out (never more bytes than it has), returns where
// it stopped writing, and takes the element and its comma off line. Types and parameter names
// become lower-case, values stay; blanks outside quotes go.
char* write_element(char* out, std::string_view& line) {
  bool quoted = false;
  bool value = false;
  std::size_t at = 0;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quoted) {
      *out++ = c;
      if (c == '\\' && at + 1 < line.size()) *out++ = line[++at];
      quoted = c != '"';
      continue;
    }
    if (c == ',') break;
    if (base::is_blank(c)) continue;
    if (c == '=') value = true;
    if (c == ';') value = false;
    quoted = c == '"';
    *out++ = value ? c : base::lower(c);
  }
  line.remove_prefix(std::min(at + 1, line.size()));
  return out;
}

}  // namespace

bool is_manifest_type(std::string_view content_type) noexcept {
  return bit_of(content_type) != 0;
}

void AcceptedTypes::add(std::string_view line) noexcept {
  if (line.find('"') != std::string_view::npos) bits_ |= unclear;  // a comma may be quoted
  while (!line.empty()) {
    const std::string_view element = line.substr(0, line.find(','));
    line.remove_prefix(std::min(element.size() + 1, line.size()));
    const std::string_view type = without_parameters(element);
    const bool any = type == "*/*" || base::equal_ignoring_case(type, "application/*");
    const std::uint16_t bit = any ? anything : bit_of(type);
    if (bit != 0 && element.find(';') != std::string_view::npos) bits_ |= unclear;
    bits_ |= bit;
  }
}

bool AcceptedTypes::takes(std::string_view content_type) const noexcept {
  const std::uint16_t bit = bit_of(content_type);
  return bit != 0 && (bits_ & unclear) == 0 && (bits_ & (bit | anything)) != 0;
}

bool AcceptedTypes::leaves_choice() const noexcept {
  return (bits_ & (anything - 1U)) == 0 || (bits_ & anything) != 0;
}

bool AcceptedTypes::names_usual() const noexcept {
  return std::all_of(usual_manifest_types.begin(), usual_manifest_types.end(),
                     [this](std::string_view type) { return (bits_ & bit_of(type)) != 0; });
}

const std::string& usual_accept() {
  static const std::string line = [] {
    std::string text;
    for (const std::string_view type : usual_manifest_types)
      text.append(text.empty() ? "" : ", ").append(type);
    return text;
  }();
  return line;
}

std::string normalised_accept(const std::vector<std::string_view>& accept_lines) {
  std::size_t total = 0;
  for (const std::string_view line : accept_lines) total += line.size();
  std::string text(total, '\0');  // elements are views into it
  char* end = text.data();
  boost::container::small_vector<std::string_view, 16> elements;
  for (std::string_view line : accept_lines) {
    while (!line.empty()) {
      char* const start = end;
      end = write_element(start, line);
      if (end != start) elements.emplace_back(start, static_cast<std::size_t>(end - start));
    }
  }
  std::sort(elements.begin(), elements.end());
  const auto last = std::unique(elements.begin(), elements.end());
  std::string joined;
  joined.reserve(total + elements.size());
  for (auto element = elements.begin(); element != last; ++element) {
    if (!joined.empty()) joined += ',';
    joined += *element;
  }
  return joined;
}

}  // namespace harbor_router::oci
