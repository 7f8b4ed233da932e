// stand-in-harbor: the stand-in Harbor as a process of its own, for tests that use real container
// clients. Listens on 127.0.0.1, is driven over /_stand-in/ (src/stub/control.hpp), ends on SIGTERM
// or SIGINT.
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>

#include <CLI/CLI.hpp>

#include "harbor_router/stub/config.hpp"
#include "harbor_router/stub/demo.hpp"
#include "harbor_router/stub/stand_in.hpp"

namespace {

namespace stub = harbor_router::stub;

struct Arguments {
  std::optional<std::uint16_t> port;
  std::string port_file;
  std::string config;
  bool demo = false;
};

std::string whole_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

stub::Options options(const Arguments& arguments) {
  stub::Options chosen;
  if (arguments.demo) chosen = stub::demo().options;
  if (!arguments.config.empty()) chosen = stub::options_from_json(whole_file(arguments.config));
  if (arguments.port) chosen.port = *arguments.port;
  chosen.http_control = stub::HttpControl::on;
  return chosen;
}

// Written beside and renamed, so that a reader never sees half a number.
void write_port(const std::string& path, std::uint16_t port) {
  const std::string unfinished = path + ".new";
  std::ofstream(unfinished) << port << '\n';
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    throw std::runtime_error("cannot write " + path);
  }
}

int run(const Arguments& arguments) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the stand-in's threads inherit the mask
  const stub::StandIn stand_in(options(arguments));
  if (!arguments.port_file.empty()) write_port(arguments.port_file, stand_in.port());
  std::printf("stand-in Harbor at %s\n", stand_in.url().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A stand-in Harbor on 127.0.0.1", "stand-in-harbor");
  Arguments arguments;
  app.add_option("--port", arguments.port, "port to listen on (default: a free one)");
  app.add_option("--port-file", arguments.port_file, "file to write the port to when listening");
  auto* config = app.add_option("--config", arguments.config, "what it holds, as JSON");
  app.add_flag("--demo", arguments.demo, "hold the content of serve --demo")->excludes(config);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stand-in-harbor: %s\n", error.what());
    return 1;
  }
}
