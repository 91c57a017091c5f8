//! The one table of portal families: how each is called, which functions answer for it. Whoever adds
//! a family adds a line here.

use crate::city::{City, Family};
use crate::facts::Sections;
use crate::people::{Person, World};
use crate::session::Session;
use crate::visit::{Page, Visit};
use crate::{fund, insurance, model_city};

/// Answers one request.
type Answer = fn(&Visit<'_>, &mut Session) -> Page;
/// What a perfect connector returns; the last argument leaves out all rows.
type Truth = fn(&World, &City, &Person, bool) -> Sections;

/// What the lab knows about a family.
pub(crate) struct FamilyEntry {
    pub(crate) family: Family,
    /// Its name in `/portals`, tables and commands.
    pub(crate) word: &'static str,
    /// The name of its session cookie.
    pub(crate) cookie: &'static str,
    pub(crate) answer: Answer,
    pub(crate) truth: Truth,
}

const fn entry(family: Family, word: &'static str, answer: Answer, truth: Truth) -> FamilyEntry {
    FamilyEntry { family, word, cookie: "JSESSIONID", answer, truth }
}

/// All families, in the order of [`Family`].
static FAMILIES: &[FamilyEntry] = &[
    entry(Family::WtWebJcr, "wt-web-jcr", fund::wt_web_jcr::answer, fund::wt_web_jcr::truth),
    entry(Family::WscxZfbzgl, "wscx-zfbzgl", fund::wscx_zfbzgl::answer, fund::wscx_zfbzgl::truth),
    entry(Family::NetfaceDto, "netface-dto", fund::netface_dto::answer, fund::netface_dto::truth),
    entry(Family::Hsp, "hsp", insurance::hsp::answer, insurance::hsp::truth),
    FamilyEntry {
        cookie: "SESSION",
        ..entry(
            Family::EhrssHaerbin,
            "ehrss",
            insurance::ehrss::haerbin::answer,
            insurance::ehrss::haerbin::truth,
        )
    },
    FamilyEntry {
        cookie: "SESSION",
        ..entry(
            Family::EhrssHaikou,
            "ehrss",
            insurance::ehrss::haikou::answer,
            insurance::ehrss::haikou::truth,
        )
    },
    entry(
        Family::PersonHtml,
        "person-html",
        insurance::person_html::answer,
        insurance::person_html::truth,
    ),
    entry(Family::Model, "model", model_city::answer, model_city::truth),
    entry(
        Family::WtWebPersonal,
        "wt-web-personal",
        fund::wt_web_personal::answer,
        fund::wt_web_personal::truth,
    ),
    entry(Family::HfmisWt, "hfmis-wt", fund::hfmis_wt::answer, fund::hfmis_wt::truth),
    entry(Family::Ispobs, "ispobs", fund::ispobs::answer, fund::ispobs::truth),
    entry(Family::Olbh, "olbh", fund::olbh::answer, fund::olbh::truth),
    entry(Family::SummerYdpx, "summer-ydpx", fund::summer_ydpx::answer, fund::summer_ydpx::truth),
    entry(
        Family::YinhaiDto,
        "yinhai-dto",
        insurance::yinhai_dto::answer,
        insurance::yinhai_dto::truth,
    ),
    entry(Family::Unieap, "unieap", insurance::unieap::answer, insurance::unieap::truth),
    entry(Family::Ylz, "ylz", insurance::ylz::answer, insurance::ylz::truth),
    entry(Family::Ncm, "ncm", insurance::ncm::answer, insurance::ncm::truth),
];

impl Family {
    /// The family's line in the table.
    pub(crate) fn entry(self) -> &'static FamilyEntry {
        let entry = &FAMILIES[self as usize];
        debug_assert_eq!(entry.family, self, "the table is in the order of the enum");
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_stands_at_its_place() {
        for (place, entry) in FAMILIES.iter().enumerate() {
            assert_eq!(entry.family as usize, place, "{}", entry.word);
        }
    }
}
