//! The simulated cities: where each one is mounted, which family it runs, how a person logs in and
//! what it shows. Facts only; the pages are in the family files.

use crate::vary::Trait;

/// The two products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    Fund,
    Insurance,
}

impl Product {
    /// The word used in addresses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fund => "fund",
            Self::Insurance => "insurance",
        }
    }
}

/// The portal software a city runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    WtWebJcr,
    WscxZfbzgl,
    NetfaceDto,
    Hsp,
    EhrssHaerbin,
    EhrssHaikou,
    PersonHtml,
    Model,
}

/// Whether and how a city asks for a picture code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pictures {
    None,
    Letters,
    Sum,
    /// Only after a refused login, as the answer then says.
    AfterFailure,
}

/// One way to log in: its number, its name and the fields a client sends, without the password.
pub(crate) type Way = (&'static str, &'static str, &'static [&'static str]);

/// One simulated portal.
#[derive(Debug)]
pub(crate) struct City {
    /// Its place in the list; part of its people's identity numbers.
    pub(crate) number: u64,
    pub(crate) product: Product,
    pub(crate) area: &'static str,
    pub(crate) name: &'static str,
    pub(crate) family: Family,
    /// What follows `/product/area` in the base address.
    pub(crate) path: &'static str,
    pub(crate) pictures: Pictures,
    pub(crate) ways: &'static [Way],
    /// Sections that come with one request each, in the order of the documents.
    pub(crate) groups: &'static [&'static [&'static str]],
    /// Rows a page of its row lists.
    pub(crate) page_rows: usize,
    /// Months of history it keeps at most.
    pub(crate) months_kept: usize,
    /// Whether some data is read by GET (then `flaky` makes sense).
    pub(crate) reads_by_get: bool,
    /// Whether it speaks GBK.
    pub(crate) is_gbk: bool,
    /// Whether it shows several accounts of one person.
    pub(crate) has_accounts: bool,
    /// Whether it tells that somebody is logged in already, and can be forced.
    pub(crate) has_force: bool,
    /// Whether it complains about the form of what was typed.
    pub(crate) has_format: bool,
    /// Whether it may want an SMS code after the password.
    pub(crate) has_sms: bool,
    /// Whether rows are asked for by what only the base page carries.
    pub(crate) rows_need_base: bool,
    /// What strangers of this portal can differ in.
    pub(crate) traits: &'static [Trait],
}

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
const MEDICAL: &[&[&str]] = &[&["baseInfo"], &["medicalInsuranceInfos"]];

const BY_ID: Way = ("1", "身份证号", &["id_card"]);
const BY_ACCOUNT: Way = ("1", "账号", &["account"]);
const MODEL_WAYS: &[Way] = &[
    ("1", "身份证号", &["id_card"]),
    ("2", "账号", &["account", "sub_area"]),
    ("3", "姓名和手机", &["real_name", "id_card", "mobile"]),
];

const fn fund(number: u64, area: &'static str, name: &'static str, family: Family) -> City {
    City {
        number,
        product: Product::Fund,
        area,
        name,
        family,
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
        has_format: true,
        has_sms: false,
        rows_need_base: false,
        traits: &[Trait::Any],
    }
}

const WT_WEB: &[Trait] = &[
    Trait::Json,
    Trait::Aliases,
    Trait::Record,
    Trait::Pages,
    Trait::Total,
    Trait::Range,
    Trait::Owned,
    Trait::Accounts,
    Trait::Ratio,
    Trait::Worded,
    Trait::Picture,
    Trait::RefusalPage,
    Trait::RefusalWords,
    Trait::Day,
];

const WSCX: &[Trait] = &[
    Trait::Labels,
    Trait::Table,
    Trait::Pages,
    Trait::Pager,
    Trait::Range,
    Trait::Ratio,
    Trait::RefusalPage,
    Trait::RefusalWords,
    Trait::Day,
];

const WSCX_PICTURE: &[Trait] = &[
    Trait::Labels,
    Trait::Table,
    Trait::Pages,
    Trait::Pager,
    Trait::Range,
    Trait::Ratio,
    Trait::Picture,
    Trait::RefusalPage,
    Trait::RefusalWords,
    Trait::Day,
];

const NETFACE: &[Trait] = &[
    Trait::Labels,
    Trait::Json,
    Trait::Frame,
    Trait::Record,
    Trait::Pages,
    Trait::Total,
    Trait::Range,
    Trait::Owned,
    Trait::Ratio,
    Trait::Picture,
    Trait::RefusalWords,
    Trait::Day,
];

const CHENGDU: &[Trait] = &[
    Trait::Labels,
    Trait::Json,
    Trait::Frame,
    Trait::Total,
    Trait::Range,
    Trait::RefusalWords,
    Trait::Day,
];

const JINAN: &[Trait] =
    &[Trait::Labels, Trait::Table, Trait::Range, Trait::Picture, Trait::RefusalWords, Trait::Day];

const ZIBO: &[Trait] =
    &[Trait::Labels, Trait::Table, Trait::Kinds, Trait::Picture, Trait::RefusalWords, Trait::Day];

const HAERBIN: &[Trait] = &[
    Trait::Json,
    Trait::Aliases,
    Trait::Record,
    Trait::Range,
    Trait::Kinds,
    Trait::Persons,
    Trait::Picture,
    Trait::Redirect,
    Trait::RefusalPage,
    Trait::RefusalWords,
    Trait::Day,
];

const HAIKOU: &[Trait] = &[
    Trait::Json,
    Trait::Aliases,
    Trait::Record,
    Trait::Total,
    Trait::Range,
    Trait::Persons,
    Trait::Redirect,
    Trait::RefusalPage,
    Trait::RefusalWords,
    Trait::Day,
];

const PANJIN: &[Trait] = &[
    Trait::Labels,
    Trait::Aliases,
    Trait::Table,
    Trait::Pages,
    Trait::Pager,
    Trait::Owned,
    Trait::Kinds,
    Trait::Picture,
    Trait::Day,
];

const WUXI: &[Trait] =
    &[Trait::Labels, Trait::Aliases, Trait::Record, Trait::Pages, Trait::Picture, Trait::Day];

const WT_WEB_HOME: &[Trait] = &[
    Trait::Json,
    Trait::Aliases,
    Trait::Record,
    Trait::Pages,
    Trait::Total,
    Trait::Range,
    Trait::Owned,
    Trait::Accounts,
    Trait::Ratio,
    Trait::Worded,
    Trait::Picture,
    Trait::Redirect,
    Trait::RefusalPage,
    Trait::RefusalWords,
    Trait::Day,
];

const fn wt_web(number: u64, area: &'static str, name: &'static str) -> City {
    City {
        path: "/wt-web",
        has_force: true,
        rows_need_base: true,
        traits: WT_WEB,
        ..fund(number, area, name, Family::WtWebJcr)
    }
}

const fn insurance(number: u64, area: &'static str, name: &'static str, family: Family) -> City {
    City { product: Product::Insurance, groups: FIVE, ..fund(number, area, name, family) }
}

/// All simulated portals.
pub(crate) static CITIES: &[City] = &[
    City { has_accounts: true, ..wt_web(1, "210300", "鞍山") },
    City {
        ways: &[BY_ID, ("2", "手机号", &["mobile"])],
        traits: WT_WEB_HOME,
        ..wt_web(2, "630100", "西宁")
    },
    City {
        path: "/rzwscx",
        page_rows: 20,
        reads_by_get: false,
        is_gbk: true,
        traits: WSCX_PICTURE,
        ..fund(3, "371100", "日照", Family::WscxZfbzgl)
    },
    City {
        path: "/wscx",
        pictures: Pictures::None,
        ways: &[BY_ACCOUNT, ("2", "身份证号", &["id_card"])],
        page_rows: 20,
        reads_by_get: false,
        is_gbk: true,
        traits: WSCX,
        ..fund(4, "610300", "宝鸡", Family::WscxZfbzgl)
    },
    City {
        path: "/netface",
        pictures: Pictures::AfterFailure,
        ways: &[BY_ACCOUNT, ("2", "身份证号", &["id_card"])],
        page_rows: 20,
        traits: NETFACE,
        ..fund(5, "140200", "大同", Family::NetfaceDto)
    },
    City {
        path: "/cdnt",
        pictures: Pictures::None,
        ways: &[BY_ID, ("2", "个人客户号", &["account"])],
        traits: CHENGDU,
        ..fund(6, "510100", "成都", Family::NetfaceDto)
    },
    City {
        path: "/hsp",
        months_kept: 24,
        traits: JINAN,
        ..insurance(7, "370100", "济南", Family::Hsp)
    },
    City {
        pictures: Pictures::Sum,
        reads_by_get: false,
        traits: ZIBO,
        ..insurance(8, "370300", "淄博", Family::Hsp)
    },
    City {
        ways: &[BY_ACCOUNT],
        has_format: false,
        traits: HAERBIN,
        ..insurance(9, "230100", "哈尔滨", Family::EhrssHaerbin)
    },
    City {
        pictures: Pictures::None,
        ways: &[("1", "身份证号", &["id_card", "mobile"])],
        groups: MERGED,
        months_kept: 36,
        has_format: false,
        traits: HAIKOU,
        ..insurance(10, "460100", "海口", Family::EhrssHaikou)
    },
    City {
        path: "/person",
        ways: &[BY_ACCOUNT],
        has_format: false,
        traits: PANJIN,
        ..insurance(11, "211100", "盘锦", Family::PersonHtml)
    },
    City {
        ways: &[BY_ACCOUNT],
        groups: MEDICAL,
        has_format: false,
        traits: WUXI,
        ..insurance(12, "320200", "无锡", Family::PersonHtml)
    },
    City {
        ways: MODEL_WAYS,
        groups: FUND_ALL,
        page_rows: 20,
        has_accounts: true,
        has_force: true,
        has_sms: true,
        ..fund(13, "990000", "示范市", Family::Model)
    },
    City {
        ways: MODEL_WAYS,
        page_rows: 20,
        has_force: true,
        has_sms: true,
        ..insurance(14, "990000", "示范市", Family::Model)
    },
];

impl City {
    /// Finds a city by the words of its address.
    pub(crate) fn find(product: &str, area: &str) -> Option<&'static Self> {
        CITIES.iter().find(|city| city.product.word() == product && city.area == area)
    }

    /// `/fund/210300`.
    pub(crate) fn mount(&self) -> String {
        format!("/{}/{}", self.product.word(), self.area)
    }

    /// The sections of the last request, which the section-breaking behaviours hit.
    pub(crate) fn last_group(&self) -> &'static [&'static str] {
        self.groups.last().copied().unwrap_or(&[])
    }

    /// Every section but the base.
    pub(crate) fn row_sections(&self) -> Vec<&'static str> {
        self.groups
            .iter()
            .flat_map(|group| group.iter())
            .copied()
            .filter(|s| *s != "baseInfo")
            .collect()
    }
}
