//! Tables as grids: spans worked out, every cell with its text.

use std::{collections::HashSet, sync::LazyLock};

use scraper::{ElementRef, Selector};

use super::{
    attributes::{attribute, is_hidden},
    element::cell_value,
    label::normal,
};

static ROWS: LazyLock<Selector> =
    LazyLock::new(|| Selector::parse("tr").expect("the selector is a constant"));

/// The widest table and the largest span of columns that are believed.
const COLUMNS_MAX: usize = 200;
const COLUMN_SPAN_MAX: usize = 100;

/// The largest span of rows that browsers believe; also what `rowspan=0` (to the end) comes to.
const ROW_SPAN_MAX: usize = 65_534;

/// A table.
#[derive(Debug, Default, Clone)]
pub(crate) struct Grid {
    /// Its rows.
    pub(crate) rows: Vec<GridRow>,
}

/// A row of a table, spans worked out.
#[derive(Debug, Default, Clone)]
pub(crate) struct GridRow {
    /// The text of every column.
    pub(crate) cells: Vec<String>,
    /// How many cells really stand in it.
    pub(crate) own: usize,
    /// How many reach down into it from rows above.
    pub(crate) hanging: usize,
}

impl GridRow {
    /// Whether nothing is in it.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.is_empty())
    }

    /// Whether it is one cell over the whole width: a title, a note, a pager.
    pub(crate) const fn is_note(&self) -> bool {
        self.own == 1 && self.hanging == 0
    }

    /// Whether the texts are these headers.
    pub(crate) fn has_headers(&self, headers: &[String]) -> bool {
        self.cells.len() == headers.len()
            && self.cells.iter().zip(headers).all(|(cell, header)| normal(cell) == *header)
    }

    /// The texts as headers.
    pub(crate) fn headers(&self) -> Vec<String> {
        self.cells.iter().map(|cell| normal(cell)).collect()
    }
}

/// The tables that are, or are inside, the chosen elements; each once, in the order of the page.
pub(crate) fn grids(elements: &[ElementRef<'_>]) -> Vec<Grid> {
    let mut seen = HashSet::new();
    let mut grids = Vec::new();
    for element in elements.iter().flat_map(|element| element.descendent_elements()) {
        if element.value().name() == "table" && seen.insert(element.id()) {
            grids.push(of_table(element));
        }
    }
    // Rows chosen without their table are a table of their own.
    let rows: Vec<ElementRef<'_>> =
        elements.iter().copied().filter(|element| element.value().name() == "tr").collect();
    if !rows.is_empty() {
        grids.push(of_rows(&rows));
    }
    grids
}

/// Elements of a selector inside an element that belong to no inner table.
fn own_rows<'h>(table: ElementRef<'h>) -> Vec<ElementRef<'h>> {
    table
        .select(&ROWS)
        .filter(|row| {
            let above = row
                .ancestors()
                .filter_map(ElementRef::wrap)
                .find(|above| above.value().name() == "table");
            let is_group_hidden =
                row.parent().and_then(|group| group.value().as_element()).is_some_and(is_hidden);
            above.is_some_and(|above| above.id() == table.id())
                && !is_hidden(row.value())
                && !is_group_hidden
        })
        .collect()
}

fn of_table(table: ElementRef<'_>) -> Grid {
    of_rows(&own_rows(table))
}

/// A cell that reaches down: how many rows are left to it, and its text.
#[derive(Clone)]
struct Hanging {
    rows_left: usize,
    text: String,
}

fn cells_of<'h>(row: &ElementRef<'h>) -> impl Iterator<Item = ElementRef<'h>> {
    row.child_elements().filter(|cell| matches!(cell.value().name(), "td" | "th"))
}

/// Whether cells that nobody sees have no header above them, or the other way round: then they stand
/// beside the table, and not in it. Where each row has as many of them, they are columns as others.
fn has_odd_hidden_cells(rows: &[ElementRef<'_>]) -> bool {
    let hidden =
        |row: &ElementRef<'_>| cells_of(row).filter(|cell| is_hidden(cell.value())).count();
    // A title or a pager over the whole width has none of its own.
    let mut counts = rows.iter().filter(|row| cells_of(row).count() > 1).map(hidden);
    counts.next().is_some_and(|first| counts.any(|count| count != first))
}

fn of_rows(rows: &[ElementRef<'_>]) -> Grid {
    let mut hanging: Vec<Option<Hanging>> = Vec::new();
    let mut grid = Grid::default();
    let leaves_out = has_odd_hidden_cells(rows);
    for row in rows {
        let mut made = GridRow::default();
        let stands = |cell: &ElementRef<'_>| !leaves_out || !is_hidden(cell.value());
        for cell in cells_of(row).filter(stands) {
            take_hanging(&mut made, &mut hanging);
            let text = cell_value(cell);
            made.own += 1;
            let rows_left = match span(cell, "rowspan") {
                0 => ROW_SPAN_MAX,
                rows => rows.min(ROW_SPAN_MAX) - 1,
            };
            for _ in 0..span(cell, "colspan").clamp(1, COLUMN_SPAN_MAX) {
                let column = made.cells.len();
                if column >= COLUMNS_MAX {
                    break;
                }
                if rows_left > 0 {
                    if hanging.len() <= column {
                        hanging.resize(column + 1, None);
                    }
                    hanging[column] = Some(Hanging { rows_left, text: text.clone() });
                }
                made.cells.push(text.clone());
            }
        }
        take_hanging(&mut made, &mut hanging);
        grid.rows.push(made);
    }
    grid
}

/// Puts into a row the cells that reach down into its next columns.
fn take_hanging(row: &mut GridRow, hanging: &mut [Option<Hanging>]) {
    while let Some(place) = hanging.get_mut(row.cells.len()) {
        let Some(cell) = place else { break };
        row.cells.push(cell.text.clone());
        row.hanging += 1;
        cell.rows_left -= 1;
        if cell.rows_left == 0 {
            *place = None;
        }
    }
}

/// A span as browsers read it: the digits it begins with (`2;`, `2px`), 1 where there are none.
fn span(cell: ElementRef<'_>, name: &str) -> usize {
    let told = attribute(cell.value(), name).unwrap_or_default().trim_start();
    let digits: String = told.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(1)
}
