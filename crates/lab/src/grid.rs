//! Rows in an HTML table, as one stranger draws it: heads of several kinds, blank rows, sums, hidden
//! rows, merged cells, several tables.

use std::fmt::Write as _;

use crate::html::escape;
use crate::lines::{Arranging, Line};
use crate::money::Cents;
use crate::shown::{Fact, Shown};
use crate::vary::Dimension;

/// How a family writes a table.
pub(crate) struct Grid<'a> {
    pub(crate) arranging: Arranging<'a>,
    /// What stands in the table's tag.
    pub(crate) table: &'a str,
    /// The name of the cells in the head row, `th` or `td`.
    pub(crate) head_cell: &'a str,
    /// What stands in the tag of a row, by its place.
    pub(crate) row: fn(usize) -> &'static str,
    /// What stands in a cell around an escaped value.
    pub(crate) cell: fn(&str) -> String,
    /// What the portal says in place of rows, when there are none.
    pub(crate) none: &'a str,
    /// Whether the last page of the list is shown, below which sums stand.
    pub(crate) is_last: bool,
    /// Whether the plain portal shows a sum there.
    pub(crate) has_total: bool,
    /// Whether the family pads its pages to so many rows.
    pub(crate) padded_to: usize,
}

/// A row of cells and whether it is one of the list.
struct Row {
    cells: Vec<String>,
    tag: String,
}

impl Grid<'_> {
    /// The table or tables of a page; the sample gives the head.
    pub(crate) fn html(&self, sample: &[Fact], rows: &[Vec<Fact>]) -> String {
        let vary = self.arranging.vary;
        let head = self.arranging.lines(sample);
        if rows.is_empty() {
            return self.empty(&head);
        }
        let two = vary.variant(Dimension::TwoTables).filter(|_| rows.len() > 1);
        let Some(variant) = two else { return self.one(&head, rows, true) };
        // One table for each half, or for every dozen rows, as a portal does by year.
        let each = if variant == 0 { rows.len().div_ceil(2) } else { 12 };
        let parts: Vec<_> = rows.chunks(each).collect();
        let count = parts.len();
        parts
            .into_iter()
            .enumerate()
            .map(|(place, part)| self.one(&head, part, place + 1 == count) + "<br/>\r\n")
            .collect()
    }

    fn head(&self, head: &[Line]) -> String {
        let cell = match self.arranging.vary.variant(Dimension::Head) {
            Some(0) if self.head_cell == "th" => "td",
            Some(0) => "th",
            _ => self.head_cell,
        };
        let mut out = format!("<tr{}>", (self.row)(0));
        for line in head {
            let label = escape(&self.arranging.label(line));
            let _ = match self.arranging.vary.variant(Dimension::Head) {
                Some(2) => write!(out, "<{cell}><b>{label}</b></{cell}>"),
                _ => write!(out, "<{cell}>{label}</{cell}>"),
            };
        }
        out + "</tr>\r\n"
    }

    fn one(&self, head: &[Line], rows: &[Vec<Fact>], is_end: bool) -> String {
        let mut body: Vec<Row> =
            rows.iter().enumerate().map(|(place, row)| self.row(place, row)).collect();
        self.merge(head, &mut body);
        let mut body: Vec<String> = body.into_iter().map(|row| self.tr(&row)).collect();
        self.hide(head, rows, &mut body);
        self.sum(head, rows, is_end, &mut body);
        self.fill(head.len(), rows.len(), &mut body);
        self.wrap(head, &body.concat())
    }

    fn wrap(&self, head: &[Line], body: &str) -> String {
        let (table, head) = (self.table, self.head(head));
        match self.arranging.vary.variant(Dimension::Head) {
            Some(1) => format!("<table{table}><thead>{head}</thead><tbody>{body}</tbody></table>"),
            // The head stands still while the rows scroll.
            Some(3) => format!("<table{table}>{head}</table>\r\n<table{table}>{body}</table>"),
            _ => format!("<table{table}>{head}{body}</table>"),
        }
    }

    fn row(&self, place: usize, facts: &[Fact]) -> Row {
        let lines = self.arranging.lines(facts);
        let cells = lines.iter().map(|line| self.td(&escape(&line.text))).collect();
        Row { cells, tag: (self.row)(place + 1).to_owned() }
    }

    fn td(&self, value: &str) -> String {
        format!("<td>{}</td>", (self.cell)(value))
    }

    fn tr(&self, row: &Row) -> String {
        format!("<tr{}>{}</tr>\r\n", row.tag, row.cells.concat())
    }

    /// Equal texts below one another become one cell over several rows.
    fn merge(&self, head: &[Line], rows: &mut [Row]) {
        if !self.arranging.vary.has(Dimension::Rowspan) {
            return;
        }
        let Some(column) = head.iter().position(|line| is_merged(&line.fact)) else { return };
        let mut start = 0;
        while start < rows.len() {
            let same = rows[start..]
                .iter()
                .take_while(|row| row.cells[column] == rows[start].cells[column]);
            let span = same.count();
            if span > 1 {
                let cell = rows[start].cells[column].replacen(
                    "<td",
                    &format!("<td rowspan=\"{span}\""),
                    1,
                );
                rows[start].cells[column] = cell;
                for row in &mut rows[start + 1..start + span] {
                    row.cells[column].clear();
                }
            }
            start += span;
        }
    }

    /// A template that scripts copy stands before the rows.
    fn hide(&self, head: &[Line], rows: &[Vec<Fact>], body: &mut Vec<String>) {
        let Some(variant) = self.arranging.vary.variant(Dimension::HiddenRow) else { return };
        let tag = ["style=\"display:none\"", "style='DISPLAY: none;' id=\"template\""][variant];
        let cells = if variant == 0 {
            let last = rows.last().map(|row| self.row(0, row).cells.concat());
            last.unwrap_or_default()
        } else {
            head.iter().map(|line| self.td(&format!("${{{}}}", line.name))).collect()
        };
        body.insert(0, format!("<tr {tag}>{cells}</tr>\r\n"));
    }

    /// Sums and carried-over rows.
    fn sum(&self, head: &[Line], rows: &[Vec<Fact>], is_end: bool, body: &mut Vec<String>) {
        let is_last = self.is_last && is_end;
        let plain = if self.has_total { 0 } else { usize::MAX };
        match self.arranging.vary.variant(Dimension::Totals).unwrap_or(plain) {
            0 if is_last => body.push(self.total(head, rows, "合计", false)),
            1 if is_last => body.push(self.total(head, rows, "合　计", true)),
            2 => body.push(self.total(head, rows, "小计", false)),
            3 => body.push(self.total(head, rows, "本年合计", true)),
            5 => body.insert(0, self.carried(head, rows)),
            4 if is_last => {
                let cells = format!(
                    "<td>合计</td><td colspan=\"{}\">共 {} 条</td>",
                    head.len().saturating_sub(1).max(1),
                    rows.len()
                );
                body.push(format!("<tr>{cells}</tr>\r\n"));
            }
            _ => {}
        }
    }

    /// A row with the sums of its columns; its word stands in the first cell or in that of the texts.
    fn total(&self, head: &[Line], rows: &[Vec<Fact>], word: &str, in_text: bool) -> String {
        let text = head.iter().position(|line| line.fact.field == "note").filter(|_| in_text);
        let place = text.unwrap_or(0);
        let mut cells = String::new();
        for (column, line) in head.iter().enumerate() {
            let value = if column == place {
                word.to_owned()
            } else if is_summed(&line.fact) {
                let sum: Cents = rows.iter().filter_map(|row| cents(row, line.fact.name)).sum();
                self.arranging.notation.text(&Shown::Money(sum))
            } else if text.is_some() && matches!(line.fact.value, Shown::Day(_)) {
                // Some portals date their sums like the row above.
                let last =
                    rows.last().and_then(|row| row.iter().find(|fact| fact.name == line.fact.name));
                last.map(|fact| self.arranging.notation.text(&fact.value)).unwrap_or_default()
            } else {
                String::new()
            };
            cells += &self.td(&value);
        }
        format!("<tr{}>{cells}</tr>\r\n", (self.row)(rows.len() + 1))
    }

    /// A row without a day that carries over the balance from the year before.
    fn carried(&self, head: &[Line], rows: &[Vec<Fact>]) -> String {
        let place = head.iter().position(|line| line.fact.field == "note").unwrap_or(0);
        let mut cells = String::new();
        for (column, line) in head.iter().enumerate() {
            let value = if column == place {
                "上年结转".to_owned()
            } else if line.fact.field == "balance" {
                let first = rows.first().and_then(|row| cents(row, line.fact.name));
                self.arranging.notation.text(&Shown::Money(first.unwrap_or(0)))
            } else {
                String::new()
            };
            cells += &self.td(&value);
        }
        format!("<tr{}>{cells}</tr>\r\n", (self.row)(1))
    }

    fn fill(&self, columns: usize, rows: usize, body: &mut Vec<String>) {
        let extra = match self.arranging.vary.variant(Dimension::Filler) {
            Some(0) => 1,
            Some(_) => 4,
            None => self.padded_to.saturating_sub(rows),
        };
        for place in 0..extra {
            let blank = if self.padded_to > 0 { "" } else { "&nbsp;" };
            let cells = self.td(blank).repeat(columns);
            body.push(format!("<tr{}>{cells}</tr>\r\n", (self.row)(rows + place + 1)));
        }
    }

    fn empty(&self, head: &[Line]) -> String {
        let columns = head.len();
        match self.arranging.vary.variant(Dimension::Empty) {
            Some(0) => self.wrap(head, &format!("<tr><td colspan=\"{columns}\">{}</td></tr>\r\n", self.none)),
            Some(1) => {
                let filler = format!("<tr>{}</tr>\r\n", "<td>&nbsp;</td>".repeat(columns));
                self.wrap(head, &filler.repeat(3))
            }
            Some(2) => self.wrap(head, &format!("<tr><td colspan=\"{columns}\" align=\"center\"><font color=\"red\">{}！</font></td></tr>\r\n", self.none)),
            Some(_) => format!("{}<p align=\"center\">{}</p>", self.wrap(head, ""), self.none),
            None => {
                let mut body = Vec::new();
                self.fill(columns, 0, &mut body);
                self.wrap(head, &body.concat())
            }
        }
    }
}

fn cents(row: &[Fact], name: &str) -> Option<Cents> {
    row.iter().find(|fact| fact.name == name)?.value.cents()
}

/// Columns that sums are made of: amounts, but neither balances nor bases.
fn is_summed(fact: &Fact) -> bool {
    fact.value.cents().is_some() && !matches!(fact.field, "balance" | "salary" | "payBase")
}

/// Columns in which portals merge cells.
fn is_merged(fact: &Fact) -> bool {
    matches!(fact.field, "company" | "companyName") || fact.label.contains("险种")
}
