// SIGINT and SIGTERM, looked for by commands that end in an orderly way.
#pragma once

#include <chrono>

namespace harbor_router {

// From now on they wait to be looked for, in this thread and those it starts.
void hold_endings();
// Waits so long for one; true when it came. After hold_endings().
[[nodiscard]] bool ending_within(std::chrono::nanoseconds limit);

}  // namespace harbor_router
