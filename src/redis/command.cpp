#include "redis/command.hpp"

#include <new>

#include <hiredis/hiredis.h>

#include "harbor_router/store/record.hpp"

namespace harbor_router::redis {

std::string command(const Arguments& arguments) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view argument : arguments) {
    texts.push_back(argument.data() == nullptr ? "" : argument.data());
    sizes.push_back(argument.size());
  }
  char* formatted = nullptr;
  const int size = redisFormatCommandArgv(&formatted, static_cast<int>(texts.size()), texts.data(),
                                          sizes.data());
  if (size < 0) throw std::bad_alloc();
  std::string bytes(formatted, static_cast<std::size_t>(size));
  redisFreeCommand(formatted);
  return bytes;
}

std::string ask_value(std::string_view key) {
  static const std::string last = std::to_string(store::longest_record);  // one byte too many
  return command({"GETRANGE", key, "0", last});
}

}  // namespace harbor_router::redis
