//! `--out`: the report as a file, by its name's end: JSON as the gateway gives it, CSV or XLSX with the
//! documents' labels. Whoever reads the file reads it whole: it is written elsewhere and put in place.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use fiveone_model::csv;
use fiveone_model::product::Product;
use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};
use serde_json::Value;

use super::sheets::{self, Cell, Sheet};

/// What Excel knows UTF-8 by: without it Chinese is read as GBK.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Where a report goes.
#[derive(Debug, Clone)]
pub(super) struct Export {
    path: PathBuf,
    format: FileFormat,
}

#[derive(Debug, Clone, Copy)]
enum FileFormat {
    Json,
    Csv,
    Xlsx,
}

impl Export {
    /// A file by its name, before anything is asked or paid.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let path = PathBuf::from(name);
        let end = path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
        let format = match end.as_deref() {
            Some("json") => FileFormat::Json,
            Some("csv") => FileFormat::Csv,
            Some("xlsx") => FileFormat::Xlsx,
            _ => return Err("its name must end in .json, .csv or .xlsx".to_owned()),
        };
        if !folder_of(&path).is_dir() {
            return Err(format!("there is no folder {}", folder_of(&path).display()));
        }
        Ok(Self { path, format })
    }

    /// Where it is written.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the report, for its owner alone; what stood there before is replaced.
    pub(super) fn write(&self, product: Product, data: &Value) -> anyhow::Result<()> {
        let bytes = match self.format {
            FileFormat::Json => format!("{}\n", serde_json::to_string_pretty(data)?).into_bytes(),
            FileFormat::Csv => csv(&sheets::of(product, data)).into_bytes(),
            FileFormat::Xlsx => xlsx(&sheets::of(product, data))?,
        };
        // Made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder_of(&self.path))?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// One sheet after the other: its name, its labels, its rows, a blank line.
fn csv(sheets: &[Sheet]) -> String {
    let mut text = BYTE_ORDER_MARK.to_owned();
    for (index, sheet) in sheets.iter().enumerate() {
        if index > 0 {
            text.push_str("\r\n");
        }
        text.push_str(&csv::record(std::slice::from_ref(&sheet.name)));
        let labels: Vec<_> = sheet.labels.iter().map(|label| (*label).to_owned()).collect();
        text.push_str(&csv::record(&labels));
        for row in &sheet.rows {
            let fields: Vec<_> = row
                .iter()
                .map(|cell| match cell {
                    Cell::Blank => String::new(),
                    Cell::Text(words) => csv::plain_text(words),
                    Cell::Money(amount) => format!("{amount:.2}"),
                })
                .collect();
            text.push_str(&csv::record(&fields));
        }
    }
    text
}

/// A sheet a section. Words are cells of text, which no spreadsheet calculates; only money is a number.
fn xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let head = Format::new().set_bold();
    let money = Format::new().set_num_format("#,##0.00").set_align(FormatAlign::Right);
    for sheet in sheets {
        let page = book.add_worksheet();
        page.set_name(&sheet.name)?.set_freeze_panes(1, 0)?;
        for (column, label) in (0..).zip(&sheet.labels) {
            page.write_string_with_format(0, column, *label, &head)?;
        }
        for (line, row) in (1..).zip(&sheet.rows) {
            for (column, cell) in (0..).zip(row) {
                match cell {
                    Cell::Blank => {}
                    Cell::Text(words) => drop(page.write_string(line, column, words)?),
                    Cell::Money(amount) => {
                        let amount = amount.to_f64().unwrap_or_default();
                        page.write_number_with_format(line, column, amount, &money)?;
                    }
                }
            }
        }
        page.autofit();
    }
    if sheets.is_empty() {
        book.add_worksheet();
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;

    use super::*;

    fn report() -> Value {
        json!({
            "baseInfo": { "employeeName": "=HYPERLINK(\"http://evil\")", "payBase": 12.5 },
            "billInfos": [{ "payTime": "2017-01", "summary": "+汇缴,\"一\"", "addMoney": -3 }],
        })
    }

    #[test]
    fn a_csv_has_chinese_headers_and_no_formula() {
        let text = csv(&sheets::of(Product::Fund, &report()));
        assert!(text.starts_with("\u{feff}基础信息\r\n"), "{text}");
        assert!(text.contains("\"'=HYPERLINK(\"\"http://evil\"\")\""), "{text}");
        assert!(!text.contains(",=") && !text.contains("\n="), "{text}");
        assert!(text.contains("\r\n\r\n缴存信息\r\n"), "{text}");
    }

    #[test]
    fn a_workbook_has_a_sheet_a_section_and_words_are_no_formulas() {
        let bytes = xlsx(&sheets::of(Product::Fund, &report())).unwrap();
        assert!(bytes.starts_with(b"PK"));
        assert!(!xlsx(&[]).unwrap().is_empty());
    }

    #[test]
    fn a_file_is_its_owners_and_replaces_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("报告.json");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        Export::parse(path.to_str().unwrap()).unwrap().write(Product::Fund, &report()).unwrap();
        let read: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(read, report());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left over");
    }

    #[test]
    fn a_name_tells_the_format() {
        assert!(Export::parse("r.XLSX").is_ok());
        for name in ["r", "r.pdf", "", "none/r.json"] {
            assert!(Export::parse(name).is_err(), "{name}");
        }
    }
}
