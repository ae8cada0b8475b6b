// The list of cells: each stands at the place of its CellKind.
#include "model/cells/cells.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(Cells, AreListedInTheOrderOfTheirKinds) {
  EXPECT_EQ(cell_traits(CellKind::kRnn).name, "rnn");
  EXPECT_EQ(cell_traits(CellKind::kLstm).name, "lstm");
  EXPECT_EQ(cell_traits(CellKind::kGru).name, "gru");
  for (int i = 0; i < Cells::size; ++i) EXPECT_EQ(static_cast<int>(kCells[i].kind), i);
}

TEST(Cells, AreFoundByTheirKind) {
  for (const CellTraits& cell : kCells) {
    EXPECT_EQ(with_cell(cell.kind, []<class Cell>() { return Cell::name; }), cell.name);
    EXPECT_EQ(with_cell(cell.kind, []<class Cell>() { return Cell::states > 1; }),
              cell.has_cell_state());
  }
}

}  // namespace
}  // namespace charrnn
