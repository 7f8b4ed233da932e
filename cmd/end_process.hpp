#pragma once

namespace harbor_router {

// Ends the process as it is, without taking anything down: threads, coroutines and questions nobody
// waits for any more may still hold each other's things. What was written to stdout is out.
[[noreturn]] void end_process(int exit_code);

}  // namespace harbor_router
