#include "cmd/image_list.hpp"

#include <fstream>
#include <iostream>

#include <fmt/format.h>

namespace harbor_router {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

base::Result<std::vector<std::string>> read_image_list(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path);
  if (path != "-" && !file)
    return base::failure(base::Errc::invalid, fmt::format("cannot read \"{}\"", path));
  std::istream& in = path == "-" ? std::cin : file;
  std::vector<std::string> images;
  for (std::string line; std::getline(in, line);) {
    if (images.empty() && line.starts_with(byte_order_mark))
      line.erase(0, byte_order_mark.size());  // as some editors begin a file
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    images.push_back(line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1));
  }
  return images;
}

}  // namespace harbor_router
