#include "harbor_router/observe/log.hpp"

#include <time.h>

#include "observe/log_record.hpp"
#include "observe/log_writer.hpp"

namespace harbor_router::observe {
namespace {

// The coarse clock is exact to a few milliseconds and costs a tenth of the fine one.
std::int64_t wall_clock() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

Log::Log(LogSettings settings)
    : level_(settings.level), writer_(std::make_unique<Writer>(settings)) {}

Log::~Log() = default;

void Log::message(Level level, std::string_view text, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  LogRecord record;
  record.head.kind = LogRecord::Kind::message;
  record.head.level = level;
  record.head.time = wall_clock();
  record.add(text, LogRecord::longest_message_text);
  for (const auto& [name, value] : fields) {
    if (record.head.text_count + 2 > LogRecord::most_texts) break;
    record.add(name, LogRecord::longest_message_text);
    record.add(value, LogRecord::longest_message_text);
  }
  writer_->put(record);
  if (level == Level::error) writer_->wake();
}

void Log::access(const AccessRecord& access) {
  if (!enabled(Level::info)) return;
  LogRecord record;
  record.head.kind = LogRecord::Kind::access;
  record.head.time = wall_clock();
  record.head.duration = access.duration.count();
  record.head.bytes = access.bytes;
  record.head.status = access.status;
  for (const std::string_view text : {access.method, access.path, access.project, access.cache,
                                      access.client, access.request_id}) {
    record.add(text, LogRecord::longest_access_text);
  }
  writer_->put(record);
}

std::uint64_t Log::dropped() const noexcept {
  return writer_->dropped();
}

void Log::flush() {
  writer_->flush();
}

}  // namespace harbor_router::observe
