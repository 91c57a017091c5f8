//! What speaks for a change of a portal.

use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_store::EvidenceRow;
use fiveone_testkit::build::NOW;
use fiveone_testkit::{TestStore, on_both};

on_both!(the_newest_of_each_part_is_kept_until_its_time_is_over);

async fn the_newest_of_each_part_is_kept_until_its_time_is_over(store: TestStore) {
    let area = AreaCode::parse("210300").unwrap();
    let row = |section, sealed: &[u8], seen_at| EvidenceRow {
        product: Product::Fund,
        area: area.clone(),
        section,
        version: "v1".to_owned(),
        sealed: sealed.to_vec(),
        seen_at,
    };
    let rows = [
        row(Some(Section::Bills), b"old", NOW),
        row(None, b"login", NOW + 1),
        row(Some(Section::Bills), b"new", NOW + 2),
        EvidenceRow { product: Product::Insurance, ..row(Some(Section::Base), b"x", NOW) },
    ];
    for row in &rows {
        store.write.keep_evidence(row).await.unwrap();
    }
    let kept = store.read.evidence(Product::Fund, &area).await.unwrap();
    assert_eq!(kept, [rows[1].clone(), rows[2].clone()]);
    assert_eq!(kept.iter().map(EvidenceRow::part).collect::<Vec<_>>(), ["login", "billInfos"]);

    assert_eq!(store.write.forget_evidence(NOW + 2).await.unwrap(), 2);
    assert_eq!(store.read.evidence(Product::Fund, &area).await.unwrap(), [rows[2].clone()]);
    assert_eq!(store.read.evidence(Product::Insurance, &area).await.unwrap(), []);
}
