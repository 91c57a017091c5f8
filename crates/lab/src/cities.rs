//! The list of simulated cities.

use crate::city::{City, Pictures, Product, Way};
use crate::family::Family;
use crate::fund::{
    hfmis_wt, ispobs, netface_dto, olbh, summer_ydpx, wscx_zfbzgl, wt_web_jcr, wt_web_personal,
};
use crate::insurance::{ehrss, hsp, ncm, person_html, unieap, yinhai_dto, ylz};
use crate::model_city;
use crate::traits::Trait;

// One line a trait would be a page of them.
#[rustfmt::skip]
mod traits;

const FUND: &[&[&str]] = &[&["baseInfo"], &["billInfos"]];
const FUND_ALL: &[&[&str]] = &[&["baseInfo"], &["billInfos"], &["loanInfos"]];
const FIVE: &[&[&str]] = &[
    &["baseInfo"],
    &["oldageInsuranceInfos"],
    &["medicalInsuranceInfos"],
    &["birthInsuranceInfos"],
    &["injuryInsuranceInfos"],
    &["unemployInsuranceInfos"],
];
const MERGED: &[&[&str]] = &[
    &["baseInfo"],
    &[
        "oldageInsuranceInfos",
        "medicalInsuranceInfos",
        "birthInsuranceInfos",
        "injuryInsuranceInfos",
        "unemployInsuranceInfos",
    ],
];
const FOUR: &[&[&str]] = &[
    &["baseInfo"],
    &["oldageInsuranceInfos"],
    &["medicalInsuranceInfos"],
    &["birthInsuranceInfos"],
    &["injuryInsuranceInfos"],
];
const MEDICAL: &[&[&str]] = &[&["baseInfo"], &["medicalInsuranceInfos"]];

const BY_ID: Way = ("1", "身份证号", &["id_card"]);
const BY_ACCOUNT: Way = ("1", "账号", &["account"]);
const MODEL_WAYS: &[Way] = &[
    ("1", "身份证号", &["id_card"]),
    ("2", "账号", &["account", "sub_area"]),
    ("3", "姓名和手机", &["real_name", "id_card", "mobile"]),
];

const fn fund(number: u64, area: &'static str, name: &'static str) -> City {
    City {
        number,
        product: Product::Fund,
        area,
        name,
        path: "",
        pictures: Pictures::Letters,
        ways: &[BY_ID],
        groups: FUND,
        page_rows: 10,
        months_kept: 96,
        reads_by_get: true,
        is_gbk: false,
        has_accounts: false,
        has_force: false,
        has_base_as_hall: false,
        has_format: true,
        has_sms: false,
        traits: traits::MODEL,
    }
}

const fn wt_web(number: u64, area: &'static str, name: &'static str) -> City {
    City {
        path: "/wt-web",
        has_force: true,
        traits: traits::WT_WEB.and(Trait::Ratio),
        ..fund(number, area, name)
    }
}

const fn insurance(number: u64, area: &'static str, name: &'static str) -> City {
    City { product: Product::Insurance, groups: FIVE, ..fund(number, area, name) }
}

/// A simulated portal: a city, and the software that it runs.
#[derive(Debug)]
pub(crate) struct Portal {
    pub(crate) city: City,
    pub(crate) family: &'static Family,
}

/// What is asked of a portal is mostly asked of its city.
impl std::ops::Deref for Portal {
    type Target = City;

    fn deref(&self) -> &City {
        &self.city
    }
}

impl Portal {
    const fn of(family: &'static Family, city: City) -> Self {
        Self { city, family }
    }

    /// Finds a portal by the words of its address.
    pub(crate) fn find(product: &str, area: &str) -> Option<&'static Self> {
        CITIES.iter().find(|portal| portal.product.word() == product && portal.area == area)
    }
}

/// All simulated portals.
pub(crate) static CITIES: &[Portal] = &[
    Portal::of(&wt_web_jcr::FAMILY, City { has_accounts: true, ..wt_web(1, "210300", "鞍山") }),
    Portal::of(
        &wt_web_jcr::FAMILY,
        City {
            ways: &[BY_ID, ("2", "手机号", &["mobile"])],
            traits: traits::WT_WEB.and(Trait::Ratio).and(Trait::Redirect),
            ..wt_web(2, "630100", "西宁")
        },
    ),
    Portal::of(
        &wscx_zfbzgl::FAMILY,
        City {
            path: "/rzwscx",
            page_rows: 20,
            reads_by_get: false,
            is_gbk: true,
            traits: traits::WSCX.and(Trait::Picture),
            ..fund(3, "371100", "日照")
        },
    ),
    Portal::of(
        &wscx_zfbzgl::FAMILY,
        City {
            path: "/wscx",
            pictures: Pictures::None,
            ways: &[BY_ACCOUNT, ("2", "身份证号", &["id_card"])],
            page_rows: 20,
            reads_by_get: false,
            is_gbk: true,
            traits: traits::WSCX,
            ..fund(4, "610300", "宝鸡")
        },
    ),
    Portal::of(
        &netface_dto::FAMILY,
        City {
            path: "/netface",
            pictures: Pictures::AfterFailure,
            ways: &[BY_ACCOUNT, ("2", "身份证号", &["id_card"])],
            page_rows: 20,
            groups: FUND_ALL,
            traits: traits::DATONG,
            ..fund(5, "140200", "大同")
        },
    ),
    Portal::of(
        &netface_dto::FAMILY,
        City {
            path: "/cdnt",
            pictures: Pictures::None,
            ways: &[BY_ID, ("2", "个人客户号", &["account"])],
            traits: traits::CHENGDU,
            ..fund(6, "510100", "成都")
        },
    ),
    Portal::of(
        &hsp::FAMILY,
        City {
            path: "/hsp",
            months_kept: 24,
            traits: traits::HSP.and(Trait::Range),
            ..insurance(7, "370100", "济南")
        },
    ),
    Portal::of(
        &hsp::FAMILY,
        City {
            pictures: Pictures::Sum,
            reads_by_get: false,
            traits: traits::HSP.and(Trait::Kinds),
            ..insurance(8, "370300", "淄博")
        },
    ),
    Portal::of(
        &ehrss::haerbin::FAMILY,
        City {
            ways: &[BY_ACCOUNT],
            has_format: false,
            traits: traits::EHRSS.and(Trait::Kinds).and(Trait::Picture),
            ..insurance(9, "230100", "哈尔滨")
        },
    ),
    Portal::of(
        &ehrss::haikou::FAMILY,
        City {
            pictures: Pictures::None,
            ways: &[("1", "身份证号", &["id_card", "mobile"])],
            groups: MERGED,
            months_kept: 36,
            has_format: false,
            traits: traits::EHRSS.and(Trait::Total),
            ..insurance(10, "460100", "海口")
        },
    ),
    Portal::of(
        &person_html::FAMILY,
        City {
            path: "/person",
            ways: &[BY_ACCOUNT],
            has_format: false,
            traits: traits::PANJIN,
            ..insurance(11, "211100", "盘锦")
        },
    ),
    Portal::of(
        &person_html::FAMILY,
        City {
            ways: &[BY_ACCOUNT],
            groups: MEDICAL,
            has_format: false,
            traits: traits::WUXI,
            ..insurance(12, "320200", "无锡")
        },
    ),
    Portal::of(
        &model_city::FAMILY,
        City {
            ways: MODEL_WAYS,
            groups: FUND_ALL,
            page_rows: 20,
            has_accounts: true,
            has_force: true,
            has_sms: true,
            ..fund(13, "990000", "示范市")
        },
    ),
    Portal::of(
        &model_city::FAMILY,
        City {
            ways: MODEL_WAYS,
            page_rows: 20,
            has_force: true,
            has_sms: true,
            ..insurance(14, "990000", "示范市")
        },
    ),
    Portal::of(
        &wt_web_personal::FAMILY,
        City {
            path: "/wt-web",
            ways: &[("1", "身份证号", &["id_card", "account"])],
            traits: traits::LISTS.and(Trait::RefusalPage),
            ..fund(15, "220300", "四平")
        },
    ),
    Portal::of(
        &hfmis_wt::FAMILY,
        City {
            traits: traits::LISTS.and(Trait::Ratio).and(Trait::Aliases),
            ..fund(16, "430600", "岳阳")
        },
    ),
    Portal::of(
        &ispobs::FAMILY,
        City {
            reads_by_get: false,
            traits: traits::LISTS.and(Trait::Record),
            ..fund(17, "510900", "遂宁")
        },
    ),
    Portal::of(
        &olbh::FAMILY,
        City {
            reads_by_get: false,
            traits: traits::LISTS
                .and(Trait::Ratio)
                .and(Trait::Aliases)
                .and(Trait::Record)
                .and(Trait::Redirect)
                .and(Trait::RefusalPage),
            ..fund(18, "130400", "邯郸")
        },
    ),
    Portal::of(
        &summer_ydpx::FAMILY,
        City {
            path: "/kmnbp",
            reads_by_get: false,
            traits: traits::LISTS.and(Trait::Ratio).and(Trait::RefusalPage),
            ..fund(19, "530100", "昆明")
        },
    ),
    Portal::of(
        &yinhai_dto::FAMILY,
        City {
            traits: traits::YEARS
                .and(Trait::Frame)
                .and(Trait::Total)
                .and(Trait::Redirect)
                .and(Trait::RefusalPage),
            ..insurance(20, "450800", "贵港")
        },
    ),
    Portal::of(
        &unieap::FAMILY,
        City {
            ways: &[BY_ACCOUNT],
            reads_by_get: false,
            traits: traits::LISTS.and(Trait::Record).and(Trait::RefusalPage),
            // What the sources have of it is about a number that is unknown.
            has_format: false,
            ..insurance(21, "371100", "日照")
        },
    ),
    Portal::of(
        &ylz::FAMILY,
        City {
            ways: &[("1", "身份证号", &["id_card", "real_name"])],
            groups: FOUR,
            has_base_as_hall: true,
            traits: traits::YLZ,
            ..insurance(22, "350500", "泉州")
        },
    ),
    Portal::of(
        &ncm::FAMILY,
        City { path: "/ggfw", traits: traits::NCM, ..insurance(23, "440800", "湛江") },
    ),
    Portal::of(
        &wscx_zfbzgl::FAMILY,
        City {
            pictures: Pictures::None,
            page_rows: 20,
            reads_by_get: false,
            is_gbk: true,
            traits: traits::WSCX,
            ..fund(24, "370900", "泰安")
        },
    ),
    Portal::of(
        &hsp::FAMILY,
        City {
            path: "/hsp",
            reads_by_get: false,
            traits: traits::HSP,
            ..insurance(25, "370900", "泰安")
        },
    ),
    Portal::of(
        &wt_web_jcr::FAMILY,
        City { traits: traits::WT_WEB.and(Trait::Redirect), ..wt_web(26, "230600", "大庆") },
    ),
    Portal::of(
        &netface_dto::FAMILY,
        City {
            path: "/netface",
            pictures: Pictures::None,
            ways: &[BY_ACCOUNT, ("2", "身份证号", &["id_card"]), ("3", "手机号", &["mobile"])],
            page_rows: 20,
            groups: FUND_ALL,
            traits: traits::LUOYANG,
            ..fund(27, "410300", "洛阳")
        },
    ),
];

impl City {
    /// Finds a city by the words of its address.
    pub(crate) fn find(product: &str, area: &str) -> Option<&'static Self> {
        Portal::find(product, area).map(|portal| &portal.city)
    }
}
