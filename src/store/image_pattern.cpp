#include "harbor_router/store/image_pattern.hpp"

#include <fnmatch.h>

#include <string>

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

}  // namespace

std::string image_of(const Key& key) {
  return with_reference(full_name(key), key.reference);
}

bool matches(std::string_view pattern, const Key& key) {
  if (pattern.empty()) return true;
  const std::string glob(pattern);
  const std::string repository(key.repository);
  for (const std::string& form :
       {image_of(key), full_name(key), with_reference(repository, key.reference), repository})
    if (::fnmatch(glob.c_str(), form.c_str(), 0) == 0) return true;
  return false;
}

}  // namespace harbor_router::store
