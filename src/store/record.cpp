#include "harbor_router/store/record.hpp"

#include <algorithm>

#include "harbor_router/base/ascii.hpp"
#include "harbor_router/oci/name.hpp"
#include "harbor_router/oci/request_path.hpp"

namespace harbor_router::store {
namespace {

using base::Errc;
using base::failure;

constexpr std::uint8_t version = 1;
constexpr std::uint8_t negative_flag = 1, digest_flag = 2;
// Until the year 2286: later times are nobody's clock.
constexpr std::uint64_t latest_time = 9'999'999'999'999;

void append_number(std::string& out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(number >> shift));
}

void append_text(std::string& out, std::string_view text) {
  out.push_back(static_cast<char>(text.size()));
  out.append(text);
}

// Reads from the front; once something was missing, everything is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::string_view take(std::size_t count) {
    if (left_.size() < count) {
      short_ = true;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }
  std::uint8_t byte() {
    const std::string_view taken = take(1);
    return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken[0]);
  }
  std::uint64_t number() {
    std::uint64_t number = 0;
    int shift = 0;
    for (const char c : take(8)) {
      number |= std::uint64_t{static_cast<std::uint8_t>(c)} << shift;
      shift += 8;
    }
    return number;
  }
  std::string text() { return std::string(take(byte())); }
  [[nodiscard]] bool ended_well() const noexcept { return !short_ && left_.empty(); }

 private:
  std::string_view left_;
  bool short_ = false;
};

WallTime time_of(std::uint64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

std::uint64_t milliseconds_of(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

bool is_hint(const std::string& text) {
  return text.empty() || (oci::is_plausible_host(text) && base::lower_cased(text) == text);
}

bool is_project_name(const std::string& name) {
  const auto repository = oci::Repository::parse(name);
  return repository && repository->has_single_component();
}

const char* what_is_wrong(const Record& record) {
  if (!is_hint(record.hint)) return "the hint is no registry host";
  if (!oci::Repository::parse(record.repository)) return "the repository's name is none";
  if (!record.reference.empty() && !oci::Reference::parse(record.reference))
    return "the reference is neither tag nor digest";
  if (record.fresh_until > record.stale_until) return "it is stale before it is old";
  if (record.negative) {
    if (record.reference.empty()) return "an absence of a whole repository";
    if (!record.project.empty() || record.project_id != 0 || record.digest)
      return "an absence with a project or a digest";
    return nullptr;
  }
  if (!is_project_name(record.project)) return "the project's name is none";
  if (record.project_id <= 0) return "the project's id is none";
  return nullptr;
}

}  // namespace

Record record_of(const Learnt& learnt, const Settings& settings, WallTime now) {
  Record record;
  record.hint = learnt.key.hint;
  record.repository = learnt.key.repository;
  record.reference = learnt.key.reference;
  record.negative = learnt.project.empty();
  record.project = learnt.project;
  record.project_id = record.negative ? 0 : learnt.project_id;
  if (!record.negative) record.digest = learnt.digest;
  const auto whole = [](std::chrono::nanoseconds span) {
    return std::chrono::floor<std::chrono::milliseconds>(span);
  };
  record.fresh_until = now + whole(record.negative ? settings.negative_ttl : settings.ttl);
  record.stale_until =
      record.negative ? record.fresh_until : record.fresh_until + whole(settings.stale_window);
  return record;
}

Record record_of(const Entry& entry, std::string project, const Settings& settings, WallTime now) {
  const Key key = {
      .hint = entry.hint, .repository = entry.repository, .reference = entry.reference};
  const Learnt learnt = {.key = key,
                         .project = std::move(project),
                         .project_id = entry.project,
                         .digest = entry.digest};
  return record_of(learnt, settings, now - entry.age);
}

State state_of(const Record& record, WallTime now) noexcept {
  if (record.negative) return now < record.fresh_until ? State::negative : State::absent;
  if (now < record.fresh_until) return State::fresh;
  return now < record.stale_until ? State::stale : State::absent;
}

std::string encode(const Record& record) {
  std::string out;
  out.reserve(128);
  out.push_back(static_cast<char>(version));
  out.push_back(
      static_cast<char>((record.negative ? negative_flag : 0) | (record.digest ? digest_flag : 0)));
  append_number(out, milliseconds_of(record.fresh_until));
  append_number(out, milliseconds_of(record.stale_until));
  append_number(out, static_cast<std::uint64_t>(record.project_id));
  if (record.digest)
    for (const std::uint8_t byte : *record.digest) out.push_back(static_cast<char>(byte));
  for (const std::string* text :
       {&record.hint, &record.repository, &record.reference, &record.project})
    append_text(out, *text);
  return out;
}

base::Result<Record> decode(std::string_view bytes) {
  if (bytes.size() > longest_record)
    return failure(Errc::too_large, std::to_string(bytes.size()) + " bytes are no mapping");
  Reader reader(bytes);
  if (const std::uint8_t written = reader.byte(); written != version)
    return failure(Errc::invalid,
                   "of version " + std::to_string(written) + ", not " + std::to_string(version));
  const std::uint8_t flags = reader.byte();
  if ((flags & ~(negative_flag | digest_flag)) != 0) return failure(Errc::invalid, "unknown flags");
  Record record;
  record.negative = (flags & negative_flag) != 0;
  const std::uint64_t fresh_until = reader.number(), stale_until = reader.number();
  if (fresh_until > latest_time || stale_until > latest_time)
    return failure(Errc::invalid, "a time that is none");
  record.fresh_until = time_of(fresh_until);
  record.stale_until = time_of(stale_until);
  record.project_id = static_cast<ProjectId>(reader.number());
  if ((flags & digest_flag) != 0) {
    const std::string_view digest = reader.take(std::tuple_size_v<Sha256>);
    record.digest.emplace();
    std::copy(digest.begin(), digest.end(), record.digest->begin());
  }
  for (std::string* text : {&record.hint, &record.repository, &record.reference, &record.project})
    *text = reader.text();
  if (!reader.ended_well()) return failure(Errc::invalid, "cut short, or longer than it says");
  if (const char* wrong = what_is_wrong(record)) return failure(Errc::invalid, wrong);
  return record;
}

}  // namespace harbor_router::store
