#include "app/inspect/units_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace charrnn {
namespace {

constexpr int kTitleColumns = 32;
constexpr size_t kMaxBest = 10;
constexpr double kStrong = 0.8;

std::string score_text(double score, const Terminal& terminal) {
  const std::string text = fmt::format("{:.2f}", score);
  return score >= kStrong ? terminal.good(text) : text;
}

std::string unit_text(const UnitScore& unit) {
  return fmt::format("{:>5} {:>6}", unit.layer + 1, unit.unit);
}

std::string manner(const UnitScore& unit, bool is_binary) {
  if (!is_binary) return unit.sign > 0 ? "rises with it" : "falls with it";
  return fmt::format("{:+.2f} there, {:+.2f} elsewhere", unit.mean_on, unit.mean_off);
}

std::string heading(std::string_view title, std::string_view last, const Terminal& terminal) {
  return fmt::format(
      "{}{}{}\n", terminal.bold(title),
      std::string(kTitleColumns - std::min<size_t>(title.size(), kTitleColumns), ' '),
      terminal.dim(fmt::format("{:>5} {:>6}  score  {}", "layer", "unit", last)));
}

std::string feature_lines(const FeatureRanking& ranking, size_t limit, const Terminal& terminal) {
  std::string lines;
  for (size_t i = 0; i < std::min(limit, ranking.units.size()); ++i) {
    const UnitScore& unit = ranking.units[i];
    lines += fmt::format("{:<{}}{}   {}  {}\n", i == 0 ? ranking.feature.title : "", kTitleColumns,
                         unit_text(unit), score_text(unit.score, terminal),
                         terminal.dim(manner(unit, ranking.feature.is_binary)));
  }
  return lines;
}

}  // namespace

std::string units_page(const UnitReport& report, size_t limit, const Terminal& terminal) {
  std::vector<const FeatureRanking*> told;
  std::string skipped;
  for (const FeatureRanking& ranking : report.features) {
    if (!ranking.units.empty()) {
      told.push_back(&ranking);
    } else {
      skipped += fmt::format("{} {}\n", ranking.feature.title, why_skipped(ranking));
    }
  }
  std::stable_sort(told.begin(), told.end(), [](const FeatureRanking* a, const FeatureRanking* b) {
    return a->units[0].score > b->units[0].score;
  });
  std::string text = heading("What they track", "", terminal);
  for (const FeatureRanking* ranking : told) text += feature_lines(*ranking, limit, terminal);
  text += "\n" + heading("The units that tell most", "what", terminal);
  for (size_t i = 0; i < std::min(kMaxBest, report.best.size()); ++i) {
    const BestFeature& best = report.best[i];
    text += fmt::format("{:<{}}{}   {}  {}\n", "", kTitleColumns, unit_text(best.unit),
                        score_text(best.unit.score, terminal), best.title);
  }
  if (!skipped.empty()) text += "\n" + terminal.dim(skipped.substr(0, skipped.size() - 1)) + "\n";
  return text;
}

}  // namespace charrnn
