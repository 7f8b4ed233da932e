// Accept: the normal form of a normal form is itself, however the lines were split; what is taken
// does not depend on their order.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.hpp"
#include "harbor_router/oci/media_type.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace harbor_router;
  const std::string text = fuzz::text_of(data, size);
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; !rest.empty();) {
    lines.push_back(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(lines.back().size() < rest.size() ? lines.back().size() + 1 : rest.size());
  }
  const std::string normal = oci::normalised_accept(lines);
  fuzz::must(normal.size() <= size);
  // An open quote swallows the next line when lines are joined: only whole lines have one form.
  if (text.find('"') == std::string::npos) {
    fuzz::must(oci::normalised_accept({normal}) == normal);
    const std::vector<std::string_view> reversed(lines.rbegin(), lines.rend());
    fuzz::must(oci::normalised_accept(reversed) == normal);
  }
  oci::AcceptedTypes types, backwards;
  for (const std::string_view line : lines) types.add(line);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) backwards.add(*line);
  fuzz::must(types == backwards);
  fuzz::must(!types.takes(text) || oci::is_manifest_type(text));
  return 0;
}
