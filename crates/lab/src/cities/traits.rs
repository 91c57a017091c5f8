//! What the portals of each city have, so that strangers can differ in it.

use crate::traits::{Trait as T, Traits};

pub(super) const MODEL: Traits = Traits::NONE;
pub(super) const WT_WEB: Traits = Traits::of(&[
    T::Json, T::Aliases, T::Record, T::Pages, T::Total, T::Range, T::Owned, T::Accounts, T::Worded,
    T::Picture, T::RefusalPage, T::RefusalWords, T::Day,
]);
pub(super) const WSCX: Traits = Traits::of(&[
    T::Labels, T::Table, T::Pages, T::Pager, T::Range, T::Ratio, T::RefusalPage, T::RefusalWords,
    T::Day,
]);
pub(super) const DATONG: Traits = Traits::of(&[
    T::Labels, T::Json, T::Frame, T::Record, T::Pages, T::Total, T::Range, T::Owned, T::Ratio,
    T::Picture, T::RefusalWords, T::Day, T::Loans,
]);
pub(super) const LUOYANG: Traits = Traits::of(&[
    T::Labels, T::Json, T::Frame, T::Record, T::Pages, T::Total, T::Range, T::Owned, T::Ratio,
    T::RefusalWords, T::Day, T::Loans,
]);
pub(super) const CHENGDU: Traits = Traits::of(&[
    T::Labels, T::Json, T::Frame, T::Total, T::Range, T::RefusalWords, T::Day,
]);
pub(super) const HSP: Traits = Traits::of(&[
    T::Labels, T::Table, T::Picture, T::RefusalWords, T::Day,
]);
pub(super) const EHRSS: Traits = Traits::of(&[
    T::Json, T::Aliases, T::Record, T::Range, T::Persons, T::Redirect, T::RefusalPage,
    T::RefusalWords, T::Day,
]);
pub(super) const PANJIN: Traits = Traits::of(&[
    T::Labels, T::Aliases, T::Table, T::Pages, T::Pager, T::FormPager, T::Owned, T::Kinds, T::Picture,
    T::Day,
]);
/// A record and one list in JSON.
pub(super) const LISTS: Traits = Traits::of(&[
    T::Json, T::Pages, T::Total, T::Range, T::Picture, T::RefusalWords, T::Day,
]);
/// A record and a list a year in JSON.
pub(super) const YEARS: Traits = Traits::of(&[
    T::Json, T::Range, T::Picture, T::RefusalWords, T::Day,
]);
pub(super) const YLZ: Traits = Traits::of(&[
    T::Labels, T::Table, T::Range, T::Pages, T::Pager, T::Picture, T::Redirect, T::RefusalPage,
    T::RefusalWords,
]);
pub(super) const NCM: Traits = Traits::of(&[
    T::Json, T::Pages, T::Total, T::Picture, T::RefusalWords, T::Day,
]);
pub(super) const WUXI: Traits = Traits::of(&[
    T::Labels, T::Aliases, T::Record, T::Pages, T::Picture, T::Day,
]);
