// charrnn serve: an HTTP interface and a page for a model, a run or a folder of runs.
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "app/command/command.h"
#include "app/process/other_process.h"
#include "app/process/signals.h"
#include "base/error.h"
#include "base/json/json.h"
#include "notebook/notebook.h"
#include "serve/models/run_files.h"
#include "serve/server.h"

namespace charrnn {
namespace {

constexpr double kGrace = 5;  // seconds that texts under way may take to end
constexpr auto kLookForSignal = std::chrono::milliseconds(50);
constexpr auto kAfterLastPage = std::chrono::seconds(5);  // longer than a page takes to reload

// As many descriptors as the system allows: one for each connection.
void raise_descriptor_limit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string read_key(const std::string& path) {
  std::ifstream file(path);
  std::string key;
  if (!file || !std::getline(file, key)) {
    throw Error(ErrorKind::kIo, "no_key", fmt::format("cannot read the API key ({})", path),
                "give a file whose first line is the key");
  }
  while (!key.empty() && (key.back() == '\r' || key.back() == ' ')) key.pop_back();
  if (key.empty()) {
    throw Error(ErrorKind::kUsage, "empty_key", fmt::format("the API key is empty ({})", path),
                "give a file whose first line is the key");
  }
  return key;
}

class ServeCommand : public Command {
 public:
  std::string_view name() const override { return "serve"; }
  std::string_view summary() const override {
    return "offer models over HTTP, with a page to look inside";
  }
  std::string_view arguments() const override { return "[MODEL, RUN or FOLDER]"; }
  std::string_view examples() const override {
    return "charrnn serve                               # runs/, or else the notebook's network\n"
           "charrnn serve runs/book                     # one run, while it trains and after\n"
           "charrnn serve book.safetensors --port 9000  # one model\n"
           "charrnn serve runs --no-train               # to look at, not to train\n"
           "curl localhost:8080/v1/completions -H 'content-type: application/json' \\\n"
           "     -d '{\"prompt\": \"the \"}'";
  }
  int max_arguments() const override { return 1; }
  std::vector<std::string_view> without_effect() const override { return {"verbose", "seed"}; }

  void declare(OptionTable& options) override {
    HttpLimits& limits = options_.http.limits;
    options.group("Where");
    options.add("host", options_.http.host, "address to listen on", "ADDRESS");
    options.add("port", options_.http.port, "0: any free one", {0, 65535});
    options.add("pid", pid_, "end once this process has ended and no page is open", {0, kMaxPid});
    options.group("Who may ask");
    options.add("api-key-file", key_file_, "file with the key that requests must carry", "FILE");
    options.add("insecure-no-auth", options_.insecure_no_auth,
                "let anyone who reaches the address ask, without a key");
    options.add("allowed-hosts", options_.allowed_hosts,
                "further host names that requests may name", "NAME");
    options.add("allowed-origins", options_.allowed_origins,
                "sites whose pages may ask, as in https://example.org; may be given several times",
                "ORIGIN");
    options.group("Training from the page");
    options.add("train", train_,
                "let the page start, stop and delete trainings in the folder; on where only this "
                "machine can ask and there is no key");
    options.add("no-train", no_train_, "never let it");
    options.add("max-text", options_.training.max_text, "bytes of a text that the page sends",
                {1024, 1 << 28});
    options.add("max-runs", options_.training.max_runs, "runs in the folder, for a new one",
                {1, 1000000});
    options.add("max-trainings", options_.training.max_trainings, "trainings at once", {1, 64});
    options.group("How much");
    options.add("niceness", options_.niceness,
                "how much its computing stands back: added to the niceness of the process",
                {0, 19});
    options.add("parallel", options_.parallel, "texts generated at once", {1, 1024});
    options.add("queue", options_.queue, "generation requests that may wait", {0, 65536});
    options.add("max-models", options_.max_models, "models kept in memory", {1, 1000});
    options.add("max-connections", limits.connections, "connections at once", {1, 65536});
    options.add("max-connections-per-address", limits.connections_per_address,
                "… from one other machine", {1, 65536});
    options.add("max-body", limits.body, "bytes of a request's body", {1024, 1 << 28});
    options.add("max-stream-queue", limits.stream_queue, "bytes buffered for one client",
                {4096, 1 << 28});
    options.add("header-timeout", limits.header_time, "seconds for a request's head", {0.1, 3600});
    options.add("body-timeout", limits.body_time, "seconds for a request's body", {0.1, 3600});
    options.add("idle-timeout", limits.idle_time, "seconds until an idle connection is closed",
                {0.1, 86400});
    options.add("stall-timeout", limits.stall_time,
                "seconds until a client that reads nothing is dropped", {0.1, 3600});
  }

  int run(Context& context) override;

 private:
  void choose(Context& context);
  void allow_training(const Context& context, const std::vector<RunLocation>& found);
  void announce(const Context& context, const std::string& what, int port) const;

  void wait(const Server& server) const;

  static constexpr int kMaxPid = 1 << 22;  // the kernel's own limit

  ServerOptions options_;
  std::string key_file_;
  bool train_ = false, no_train_ = false;
  int pid_ = 0;  // 0: none
};

// The notebook's network, trained on the spot: something to look at before anything has been
// trained.
Model built_in_model(const EngineOptions& engine,
                     const std::function<void(const std::string&)>& log) {
  log("training the notebook's network on its own text, to have a model to look at");
  CorpusOptions options;
  options.lowercase = true;
  Notebook notebook(
      {}, corpus_of_text(notebook_text(), options, "notebook"), engine, [](std::string_view) {},
      [] { return requested_signal() != 0; });
  notebook.train();
  return notebook.model();
}

// What to serve: the argument, else runs/, with a network made on first use where it holds nothing.
void ServeCommand::choose(Context& context) {
  const bool is_named = !context.arguments.empty();
  options_.path = is_named ? context.arguments[0] : "runs";
  std::vector<RunLocation> found;
  if (is_named || std::filesystem::is_directory(options_.path)) {
    found = find_runs(options_.path).runs;
  }
  allow_training(context, found);
  // Beside a training there will be a run in a moment.
  if (!found.empty() || (is_named && pid_ > 0)) return;
  options_.built_in = [engine = context.common.engine, log = options_.log] {
    return built_in_model(engine, log);
  };
}

// Whether the page may train, and where.
void ServeCommand::allow_training(const Context& context, const std::vector<RunLocation>& found) {
  if (train_ && no_train_) {
    throw Error(ErrorKind::kUsage, "contradiction", "--train and --no-train contradict each other",
                "leave one of them out");
  }
  TrainingRules& rules = options_.training;
  const std::string& path = options_.path;
  const bool is_one =
      found.size() == 1 && (found[0].folder.is_named() || found[0].model.is_named());
  if (train_ && is_one) {
    throw Error(ErrorKind::kUsage, "not_a_folder_of_runs",
                fmt::format("--train needs a folder of runs; this is a single one ({})", path),
                "give the folder that holds it");
  }
  const bool is_private = is_loopback_address(options_.http.host) && options_.api_key.empty();
  rules.why_not = no_train_ ? "this server was started with --no-train"
                  : is_one  ? "this server shows a single run; give charrnn serve a folder of runs"
                  : !train_ && !is_private
                      ? "this server starts trainings only where it was started with --train"
                      : "";
  rules.folder = path;
  rules.called = context.program;
  const EngineOptions& engine = context.common.engine;
  for (const Option* option :
       {&context.options.of(engine.device), &context.options.of(engine.isa)}) {
    if (!option->is_given()) continue;
    rules.further_words.push_back(fmt::format("--{}={}", option->name(), option->show()));
  }
}

void ServeCommand::announce(const Context& context, const std::string& what, int port) const {
  const bool is_v6 = options_.http.host.find(':') != std::string::npos;
  const std::string name = is_v6 ? fmt::format("[{}]", options_.http.host) : options_.http.host;
  const std::string address = fmt::format("http://{}:{}", name, port);
  if (context.common.json) {
    context.out.line(dump_json({{"port", port}, {"serving", what}, {"url", address}}));
    context.out.flush();
  }
  context.say(fmt::format("{}  {}", context.err.bold("charrnn"), context.err.accent(address)));
  context.say(context.err.dim(fmt::format("serving {} · Ctrl-C stops", printable(what))));
  if (!is_loopback_address(options_.http.host)) {
    context.say(context.err.warning(
        options_.api_key.empty()
            ? "others can reach this server, and no key is asked for"
            : "others can reach this server; connections are not encrypted: put a proxy with TLS "
              "before it"));
  }
}

// Until a signal asks to end, or --pid has ended and the last page with it.
void ServeCommand::wait(const Server& server) const {
  using Clock = std::chrono::steady_clock;
  const OtherProcess beside(pid_ > 0 ? pid_ : ::getpid());
  Clock::time_point in_use = Clock::now();
  while (requested_signal() == 0) {
    if (!beside.ended() || server.listeners() > 0) in_use = Clock::now();
    if (Clock::now() - in_use > kAfterLastPage) return;
    std::this_thread::sleep_for(kLookForSignal);
  }
}

int ServeCommand::run(Context& context) {
  raise_descriptor_limit();
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (!key_file_.empty()) options_.api_key = read_key(key_file_);
  check_access_options(options_);
  options_.engine = context.common.engine;
  options_.log = [&context](const std::string& line) {
    static std::mutex mutex;  // lines come from any thread
    const std::lock_guard lock(mutex);
    context.say(context.err.dim(printable(line)));
  };
  choose(context);
  Server server(options_);
  server.start();
  announce(context, options_.built_in ? "the notebook's network" : options_.path, server.port());
  wait(server);
  context.say(context.err.dim("stopping; a second Ctrl-C stops at once"));
  server.stop(kGrace);
  return requested_signal() == 0 ? 0 : signal_exit_code(requested_signal());
}

}  // namespace

std::unique_ptr<Command> make_serve_command() { return std::make_unique<ServeCommand>(); }

}  // namespace charrnn
