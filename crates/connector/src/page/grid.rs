//! Tables as grids: spans worked out, every cell with its text.

use scraper::{ElementRef, Selector};

use super::{element::cell_value, label::normal};

/// The widest table and the largest span that are believed.
const COLUMNS_MAX: usize = 200;
const SPAN_MAX: usize = 100;

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
}

impl GridRow {
    /// Whether nothing is in it.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.is_empty())
    }

    /// The texts as headers.
    pub(crate) fn headers(&self) -> Vec<String> {
        self.cells.iter().map(|cell| normal(cell)).collect()
    }
}

/// The tables that are, or are inside, the chosen elements; each once, in the order of the page.
pub(crate) fn grids(elements: &[ElementRef<'_>]) -> Vec<Grid> {
    let mut seen = Vec::new();
    let mut grids = Vec::new();
    for element in elements.iter().flat_map(|element| element.descendent_elements()) {
        if element.value().name() == "table" && !seen.contains(&element.id()) {
            seen.push(element.id());
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
    let Ok(selector) = Selector::parse("tr") else { return Vec::new() };
    table
        .select(&selector)
        .filter(|row| {
            let above = row
                .ancestors()
                .filter_map(ElementRef::wrap)
                .find(|above| above.value().name() == "table");
            above.is_some_and(|above| above.id() == table.id())
        })
        .collect()
}

fn of_table(table: ElementRef<'_>) -> Grid {
    of_rows(&own_rows(table))
}

fn of_rows(rows: &[ElementRef<'_>]) -> Grid {
    // Cells that reach down from earlier rows: column → (rows left, text).
    let mut hanging: Vec<Option<(usize, String)>> = Vec::new();
    let mut grid = Grid::default();
    for row in rows {
        let mut cells: Vec<String> = Vec::new();
        let mut own = 0;
        let take_hanging = |cells: &mut Vec<String>, hanging: &mut Vec<Option<(usize, String)>>| {
            while let Some(Some((left, text))) = hanging.get_mut(cells.len()) {
                cells.push(text.clone());
                *left -= 1;
                if *left == 0 {
                    hanging[cells.len() - 1] = None;
                }
            }
        };
        let is_cell = |cell: &ElementRef<'_>| matches!(cell.value().name(), "td" | "th");
        for cell in row.child_elements().filter(is_cell) {
            take_hanging(&mut cells, &mut hanging);
            let span = |name: &str| {
                let told = cell.attr(name).and_then(|span| span.trim().parse::<usize>().ok());
                told.unwrap_or(1).clamp(1, SPAN_MAX)
            };
            let text = cell_value(cell);
            own += 1;
            for _ in 0..span("colspan") {
                if cells.len() >= COLUMNS_MAX {
                    break;
                }
                if span("rowspan") > 1 {
                    if hanging.len() <= cells.len() {
                        hanging.resize(cells.len() + 1, None);
                    }
                    hanging[cells.len()] = Some((span("rowspan") - 1, text.clone()));
                }
                cells.push(text.clone());
            }
        }
        take_hanging(&mut cells, &mut hanging);
        grid.rows.push(GridRow { cells, own });
    }
    grid
}
