// The system's getaddrinfo, which cannot be cancelled and may take as long as it likes.
//
// Each name has a thread of its own, which nobody joins: one that hangs delays no other name and
// holds up nobody's end. A name is looked up once at a time in this process; whoever asks meanwhile
// hears the same answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harbor_router/http/asio.hpp"

namespace harbor_router::http {

using OnAddresses = std::function<void(error_code, const std::vector<Endpoint>&)>;

// Any thread. told is called once, on another thread, or at once where none can be started.
void look_up_name(const std::string& host, std::uint16_t port, OnAddresses told);

}  // namespace harbor_router::http
