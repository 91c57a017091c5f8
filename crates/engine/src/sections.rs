//! Sections as they are kept: what was read and what is odd about it, each a blob of its own under
//! the key of the task, so that both are gone with it.

use fiveone_connector::Reading;
use fiveone_model::clock::Millis;
use fiveone_model::finding::Finding;
use fiveone_model::product::Product;
use fiveone_model::report::{Content, Section};
use fiveone_store::SectionRow;

use crate::Fault;
use crate::seal::TaskKey;

/// The part of a task that a section's findings are sealed as.
fn findings_part(section: Section) -> String {
    format!("{}/findings", section.as_str())
}

/// Seals a section that was read at an instant.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn seal(
    key: &TaskKey,
    section: Section,
    reading: &Reading,
    now: Millis,
) -> Result<SectionRow, Fault> {
    let content = reading.content.to_json().to_string();
    let findings = serde_json::to_vec(&reading.findings)
        .map_err(|_| Fault::Seal("findings cannot be written"))?;
    Ok(SectionRow {
        section,
        sealed: key.seal(content.as_bytes(), section.as_str())?,
        findings_sealed: key.seal(&findings, &findings_part(section))?,
        row_count: match &reading.content {
            Content::NotOffered => None,
            content => Some(i64::try_from(content.len()).unwrap_or(i64::MAX)),
        },
        stored_at: now,
    })
}

/// The same section under the key of another task.
///
/// # Errors
/// The blobs are not those of the first task, or the system gives no random bytes.
pub(crate) fn seal_anew(
    from: &TaskKey,
    to: &TaskKey,
    row: &SectionRow,
) -> Result<SectionRow, Fault> {
    let anew = |sealed: &[u8], part: &str| to.seal(&from.open(sealed, part)?, part);
    Ok(SectionRow {
        sealed: anew(&row.sealed, row.section.as_str())?,
        findings_sealed: anew(&row.findings_sealed, &findings_part(row.section))?,
        ..row.clone()
    })
}

/// What was read.
///
/// # Errors
/// The blob is another task's or part's, or is not what was sealed.
pub(crate) fn open_content(
    key: &TaskKey,
    row: &SectionRow,
    product: Product,
) -> Result<Content, Fault> {
    let plain = key.open(&row.sealed, row.section.as_str())?;
    serde_json::from_slice(&plain)
        .ok()
        .and_then(|json| Content::from_json(row.section, product, &json))
        .ok_or(Fault::Seal("a section is not what was sealed"))
}

/// What is odd about it.
///
/// # Errors
/// The blob is another task's or part's, or is not what was sealed.
pub(crate) fn open_findings(key: &TaskKey, row: &SectionRow) -> Result<Vec<Finding>, Fault> {
    let plain = key.open(&row.findings_sealed, &findings_part(row.section))?;
    serde_json::from_slice(&plain).map_err(|_| Fault::Seal("findings are not what was sealed"))
}

#[cfg(test)]
mod tests {
    use fiveone_model::finding::FindingKind;

    use super::*;
    use crate::seal::DeploymentKeys;

    #[test]
    fn a_section_and_its_findings_open_as_themselves_and_as_nothing_else() {
        let keys = DeploymentKeys::parse(&DeploymentKeys::generate().unwrap()).unwrap();
        let (key, _) = keys.new_task_key("t1").unwrap();
        let findings = vec![
            Finding::of_field(FindingKind::Absent, "payDate").with_key("缴费日期"),
            Finding::of_key(FindingKind::Unmapped, "备注").with_detail("text"),
        ];
        let reading = Reading { content: Content::Rows(Vec::new()), findings };
        let row = seal(&key, Section::Oldage, &reading, 7).unwrap();
        let product = Product::Insurance;
        assert_eq!((row.row_count, row.stored_at), (Some(0), 7));
        assert_eq!(open_content(&key, &row, product).unwrap(), reading.content);
        assert_eq!(open_findings(&key, &row).unwrap(), reading.findings);
        let word = "缴费日期".as_bytes();
        let is_readable = row.findings_sealed.windows(word.len()).any(|part| part == word);
        assert!(!is_readable, "the names are sealed too");

        let swapped = SectionRow {
            sealed: row.findings_sealed.clone(),
            findings_sealed: row.sealed.clone(),
            ..row.clone()
        };
        assert!(open_content(&key, &swapped, product).is_err());
        assert!(open_findings(&key, &swapped).is_err());
        let other = SectionRow { section: Section::Medical, ..row.clone() };
        assert!(open_findings(&key, &other).is_err(), "another section's");
        let (other_key, _) = keys.new_task_key("t2").unwrap();
        assert!(open_findings(&other_key, &row).is_err(), "another task's");
    }
}
