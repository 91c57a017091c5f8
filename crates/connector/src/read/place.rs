//! Where rows stand: what was found there, and whether the place itself is there.

use fiveone_model::report::Kind;
use scraper::ElementRef;
use serde_json::Value as Json;

use super::{
    Mapping, Raw,
    totals::{is_total, is_total_word},
};
use crate::{
    clean::{Cleaned, clean},
    definition::{Css, Flat, JsonPath, RowsPlace},
    page::{Grid, GridRow, Page, cell_value, grids, normal},
    unexpected::UnexpectedPage,
};

/// What stands where rows would stand.
#[derive(Debug, Default)]
pub(crate) struct FoundRows {
    /// The rows, sums and fillers among them.
    pub(crate) rows: Vec<Raw>,
    /// Whether the place is there: the list, or the header.
    pub(crate) has_place: bool,
    /// Texts that stand in it instead of rows: `暂无数据`.
    pub(crate) notes: Vec<String>,
    /// Whether another table has lines that look like these rows under a header that is not known.
    pub(crate) has_strays: bool,
}

impl FoundRows {
    /// Whether nothing but fillers was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.iter().all(Raw::is_blank)
    }
}

impl RowsPlace {
    /// The raw rows of a page; `says_none` when the file knows it for one without any.
    pub(crate) fn find(
        &self,
        page: &Page,
        mapping: &Mapping<'_>,
        says_none: bool,
    ) -> Result<FoundRows, UnexpectedPage> {
        match self {
            Self::Json(paths) => {
                let Some(json) = page.json() else {
                    // A page in place of JSON, which the file knows for the portal's word that there are none.
                    if says_none {
                        return Ok(FoundRows::default());
                    }
                    return Err(UnexpectedPage::portal("the answer is not JSON"));
                };
                let rows = json_rows(json, paths)?;
                let has_place = rows.is_some();
                let rows = rows.unwrap_or_default();
                Ok(FoundRows { rows, has_place, ..FoundRows::default() })
            }
            Self::Table(selector) => of_tables(page, selector, mapping),
            Self::Flat(flat) => of_flat(page, flat, mapping),
            Self::Lists(selector) => of_lists(page.select(&selector.0).collect(), mapping),
        }
    }
}

/// The objects at the first of the paths at which there are any: a list of them, or one. An empty list
/// counts when no other path has more; `None` when no list is there: null is none.
pub(super) fn json_rows(
    json: &Json,
    paths: &[JsonPath],
) -> Result<Option<Vec<Raw>>, UnexpectedPage> {
    let mut empty = None;
    for path in paths {
        let mut is_there = false;
        let mut items: Vec<&Json> = Vec::new();
        for found in path.0.query(json).all() {
            match found {
                Json::Array(several) => {
                    is_there = true;
                    items.extend(several);
                }
                one => items.push(one),
            }
        }
        // Envelopes carry null and {} where they have nothing; neither is a list.
        let is_nothing = |item: &Json| match item {
            Json::Null => true,
            Json::String(text) => text.trim().is_empty(),
            Json::Object(map) => map.is_empty(),
            Json::Bool(_) | Json::Number(_) | Json::Array(_) => false,
        };
        items.retain(|item| !is_nothing(item));
        if !items.is_empty() {
            let rows = items.into_iter().map(Raw::of_object);
            return rows.collect::<Result<_, _>>().map(Some);
        }
        if is_there {
            empty = Some(Vec::new());
        }
    }
    Ok(empty)
}

/// A table with the row that is its header.
struct Headed {
    grid: Grid,
    head: usize,
}

/// The tables of a selection that have the header, each with what follows it.
pub(super) fn headed_rows(
    page: &Page,
    selector: &Css,
    mapping: &Mapping<'_>,
) -> Result<Vec<FoundRows>, UnexpectedPage> {
    let elements: Vec<ElementRef<'_>> = page.select(&selector.0).collect();
    let mut grids = grids(&elements).into_iter().peekable();
    let (mut found, mut others, mut widths) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(grid) = grids.next() {
        let Some(head) = header_of(&grid, mapping) else {
            others.push(grid);
            continue;
        };
        let headed = Headed { grid, head };
        let mut rows = headed.rows(mapping)?;
        // A head that stays while the rows scroll: the rows are a table of their own behind it.
        if rows.rows.is_empty()
            && let Some(body) = grids.peek()
            && let Some(apart) = headed.rows_apart(body, mapping)
        {
            rows.rows = apart?;
            grids.next();
        }
        widths.push(headed.headers().len());
        found.push(rows);
    }
    let is_stray = |grid: &Grid| grid.rows.iter().any(|row| looks_like_row(row, &widths));
    let has_strays = others.iter().any(is_stray);
    found.iter_mut().for_each(|rows| rows.has_strays = has_strays);
    Ok(found)
}

/// The row that is the header: of several in a row (a head in two lines) the one that says most.
fn header_of(grid: &Grid, mapping: &Mapping<'_>) -> Option<usize> {
    let is_header = |row: &GridRow| mapping.is_header(&row.headers());
    let first = grid.rows.iter().position(is_header)?;
    let heads = grid.rows[first..].iter().take_while(|row| is_header(row)).count();
    (first..first + heads).rev().max_by_key(|at| mapping.headers_known(&grid.rows[*at].headers()))
}

/// Whether a line is as wide as one of the headers and holds a date and an amount.
fn looks_like_row(row: &GridRow, widths: &[usize]) -> bool {
    let is = |kind: Kind| {
        row.cells.iter().any(|cell| matches!(clean(kind, cell, None), Cleaned::Value(_)))
    };
    widths.contains(&row.cells.len()) && row.own > 2 && is(Kind::Date) && is(Kind::Money)
}

impl Headed {
    fn headers(&self) -> Vec<String> {
        self.grid.rows[self.head].headers()
    }

    fn rows(&self, mapping: &Mapping<'_>) -> Result<FoundRows, UnexpectedPage> {
        let headers = self.headers();
        // A full row above the header is a row under another header, which is not known.
        for row in &self.grid.rows[..self.head] {
            let is_full = row.cells.len() == headers.len() && row.own > 1;
            if is_full && !mapping.date_text(&raw_of(&headers, row)).is_empty() && has_digits(row) {
                return Err(UnexpectedPage::portal("rows stand above their header"));
            }
        }
        let mut found = FoundRows { has_place: true, ..FoundRows::default() };
        for row in &self.grid.rows[self.head + 1..] {
            take(row, &headers, &mut found)?;
        }
        Ok(found)
    }

    /// The rows of the next table, when they are as wide as this header and have none of their own.
    fn rows_apart(
        &self,
        body: &Grid,
        mapping: &Mapping<'_>,
    ) -> Option<Result<Vec<Raw>, UnexpectedPage>> {
        let headers = self.headers();
        let is_row = |row: &GridRow| row.cells.len() == headers.len() && !row.is_note();
        let is_body = body.rows.iter().any(|row| is_row(row) && !row.is_blank())
            && body.rows.iter().all(|row| is_row(row) || row.is_note() || row.is_blank())
            && !body.rows.iter().any(|row| mapping.is_header(&row.headers()));
        if !is_body {
            return None;
        }
        let mut found = FoundRows::default();
        let taken = body.rows.iter().try_for_each(|row| take(row, &headers, &mut found));
        let fits =
            found.rows.iter().all(|raw| has_digit(mapping.date_text(raw)) || is_total(raw, &[]));
        Some(match taken {
            Ok(()) if fits => Ok(found.rows),
            Ok(()) => Err(UnexpectedPage::portal("a header without rows stands above a table")),
            Err(error) => Err(error),
        })
    }
}

fn has_digit(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

fn has_digits(row: &GridRow) -> bool {
    row.cells.iter().any(|cell| has_digit(cell))
}

fn raw_of(headers: &[String], row: &GridRow) -> Raw {
    let mut raw = Raw::default();
    for (header, cell) in headers.iter().zip(&row.cells) {
        raw.push(header.clone(), cell.clone());
    }
    raw
}

/// Takes one line of a table: a row, a note, or nothing.
fn take(row: &GridRow, headers: &[String], found: &mut FoundRows) -> Result<(), UnexpectedPage> {
    if row.is_blank() || row.has_headers(headers) {
        return Ok(());
    }
    if row.is_note() && headers.len() > 1 {
        found.notes.extend(row.cells.first().cloned());
        return Ok(());
    }
    let extra = row.cells.get(headers.len()..).unwrap_or_default();
    let is_wide = extra.iter().all(String::is_empty);
    if row.cells.len() >= headers.len() && is_wide {
        found.rows.push(raw_of(headers, row));
        return Ok(());
    }
    let is_line_of_words = row.cells.iter().any(|cell| is_total_word(cell) || is_pager(cell));
    if is_line_of_words {
        return Ok(());
    }
    let (cells, heads) = (row.cells.len(), headers.len());
    Err(UnexpectedPage::portal(format!("a row of {cells} cells under {heads} headers")))
}

/// Whether a cell belongs to a pager.
fn is_pager(cell: &str) -> bool {
    ["上一页", "下一页", "首页", "末页", "尾页"].iter().any(|word| cell.contains(word))
        || (cell.contains('共') && (cell.contains('页') || cell.contains('条')))
}

fn of_tables(
    page: &Page,
    selector: &Css,
    mapping: &Mapping<'_>,
) -> Result<FoundRows, UnexpectedPage> {
    let tables = headed_rows(page, selector, mapping)?;
    let mut merged = FoundRows { has_place: !tables.is_empty(), ..FoundRows::default() };
    let mut filled: Vec<Vec<Raw>> = Vec::new();
    for table in tables {
        merged.notes.extend(table.notes);
        merged.has_strays |= table.has_strays;
        let is_known = filled.iter().any(|other| is_same(other, &table.rows));
        if !table.rows.is_empty() && !is_known {
            filled.push(table.rows);
        }
    }
    // The latest few above all of them: 最近三笔.
    let filled = without_extracts(filled);
    // Tables under the same header are parts of one list (a table a year) only when their dates say
    // so; else one of them may be about something else, and the file must say which is meant.
    for (at, table) in filled.iter().enumerate() {
        let is_apart = filled[at + 1..].iter().all(|other| are_apart(table, other, mapping));
        if !is_apart {
            let tables = filled.len();
            return Err(UnexpectedPage::portal(format!("{tables} tables have this header")));
        }
    }
    merged.rows = filled.into_iter().flatten().collect();
    Ok(merged)
}

/// Tables without those that hold some rows of another one, one after the other, and nothing else.
fn without_extracts(tables: Vec<Vec<Raw>>) -> Vec<Vec<Raw>> {
    let is_extract = |at: usize, table: &Vec<Raw>| {
        tables.iter().enumerate().any(|(other_at, other)| {
            other_at != at
                && other.len() > table.len()
                && other.windows(table.len()).any(|part| is_same(part, table))
        })
    };
    let extracts: Vec<bool> =
        tables.iter().enumerate().map(|(at, table)| is_extract(at, table)).collect();
    let kept = tables.into_iter().zip(extracts).filter(|(_, is_extract)| !is_extract);
    kept.map(|(table, _)| table).collect()
}

fn is_same(a: &[Raw], b: &[Raw]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
}

fn are_apart(a: &[Raw], b: &[Raw], mapping: &Mapping<'_>) -> bool {
    let dates = |rows: &[Raw]| -> Vec<String> {
        rows.iter().map(|raw| mapping.date_text(raw).to_owned()).filter(|d| has_digit(d)).collect()
    };
    let (a, b) = (dates(a), dates(b));
    // They may touch at one date, unless it is the only one that either has.
    let follows = |a: &[String], b: &[String]| {
        a.iter().max() <= b.iter().min() && a.iter().min() < b.iter().max()
    };
    !a.is_empty()
        && !b.is_empty()
        && (a.iter().all(|date| !b.contains(date)) || follows(&a, &b) || follows(&b, &a))
}

fn headers_of(page: &Page, flat: &Flat) -> Vec<String> {
    let without: Vec<String> = flat.without.iter().map(|header| normal(header)).collect();
    page.select(&flat.header.0)
        .map(|header| normal(&cell_value(header)))
        .filter(|header| !without.contains(header))
        .collect()
}

fn of_flat(page: &Page, flat: &Flat, mapping: &Mapping<'_>) -> Result<FoundRows, UnexpectedPage> {
    let headers = headers_of(page, flat);
    let cells: Vec<String> = page.select(&flat.cells.0).map(cell_value).collect();
    if !mapping.is_header(&headers) {
        if cells.iter().any(|cell| !cell.is_empty()) {
            return Err(UnexpectedPage::portal("the headers are not there"));
        }
        return Ok(FoundRows::default());
    }
    if !cells.len().is_multiple_of(headers.len()) {
        let (cells, heads) = (cells.len(), headers.len());
        return Err(UnexpectedPage::portal(format!("{cells} cells under {heads} headers")));
    }
    let row = |cells: &[String]| {
        let mut raw = Raw::default();
        for (header, cell) in headers.iter().zip(cells) {
            raw.push(header.clone(), cell.clone());
        }
        raw
    };
    let rows = cells.chunks(headers.len()).map(row).collect();
    Ok(FoundRows { rows, has_place: true, ..FoundRows::default() })
}

fn of_lists(
    lists: Vec<ElementRef<'_>>,
    mapping: &Mapping<'_>,
) -> Result<FoundRows, UnexpectedPage> {
    let columns: Vec<(String, Vec<String>)> = lists
        .into_iter()
        .filter_map(|list| {
            let mut cells = list.child_elements().map(cell_value);
            Some((normal(&cells.next()?), cells.collect()))
        })
        .collect();
    let headers: Vec<String> = columns.iter().map(|(header, _)| header.clone()).collect();
    if !mapping.is_header(&headers) {
        if columns.iter().any(|(_, cells)| cells.iter().any(|cell| !cell.is_empty())) {
            return Err(UnexpectedPage::portal("the headers are not there"));
        }
        return Ok(FoundRows::default());
    }
    let length = columns.first().map_or(0, |(_, cells)| cells.len());
    if columns.iter().any(|(_, cells)| cells.len() != length) {
        return Err(UnexpectedPage::portal("the columns are not of one length"));
    }
    let row = |at: usize| {
        let mut raw = Raw::default();
        for (header, cells) in &columns {
            raw.push(header.clone(), cells[at].clone());
        }
        raw
    };
    let rows = (0..length).map(row).collect();
    Ok(FoundRows { rows, has_place: true, ..FoundRows::default() })
}
