#include "harbor_router/store/image_pattern.hpp"

#include <fnmatch.h>

#include <array>

namespace harbor_router::store {

namespace {

std::string with_reference(const std::string& name, const std::string& reference) {
  if (reference.empty()) return name;
  return name + (reference.find(':') == std::string::npos ? ':' : '@') + reference;
}

}  // namespace

std::string image_of(const Entry& entry) {
  return with_reference(entry.hint.empty() ? entry.repository : entry.hint + '/' + entry.repository,
                        entry.reference);
}

bool matches(std::string_view pattern, const Entry& entry) {
  if (pattern.empty()) return true;
  const std::string glob(pattern);
  const std::string full = entry.hint.empty() ? entry.repository : entry.hint + '/' + entry.repository;
  const std::array forms = {with_reference(full, entry.reference), full,
                            with_reference(entry.repository, entry.reference), entry.repository};
  for (const std::string& form : forms)
    if (::fnmatch(glob.c_str(), form.c_str(), 0) == 0) return true;
  return false;
}

}  // namespace harbor_router::store
