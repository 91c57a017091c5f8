//! What stands behind the `?`: only names that the route knows, each once.

use axum::extract::Query as Pairs;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fiveone_engine::Mark;
use fiveone_model::product::Product;
use http::Uri;

use super::problem::Problem;

/// Rows of a page, unless asked otherwise.
const LIMIT: i64 = 50;
/// The most.
pub(super) const LIMIT_MAX: i64 = 200;

/// The parameters of a call.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads them; names that are not known are refused, because a misspelt filter would show too much.
    pub(super) fn read(uri: &Uri, known: &[&'static str]) -> Result<Self, Problem> {
        let pairs = Pairs::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Problem::parameter("the query cannot be read"))?
            .0;
        for (index, (name, _)) in pairs.iter().enumerate() {
            let Some(known) = known.iter().find(|known| *known == name) else {
                let names = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let detail = format!("unknown query parameter; known here: {names}");
                return Err(Problem::parameter(detail));
            };
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::parameter(format!("query parameter {known} comes twice")));
            }
        }
        Ok(Self(pairs))
    }

    /// A value as it was sent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A value that can be read, or what it must be.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        must_be: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let refused = || Problem::parameter(format!("query parameter {name} must be {must_be}"));
        parse(value).ok_or_else(refused).map(Some)
    }

    /// `product`
    pub(super) fn product(&self) -> Result<Option<Product>, Problem> {
        self.parsed("product", "fund or insurance", Product::parse)
    }

    /// `limit`
    pub(super) fn limit(&self) -> Result<i64, Problem> {
        let must_be = format!("a whole number from 1 to {LIMIT_MAX}");
        let read = |text: &str| {
            let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = is_digits.then(|| text.parse().ok()).flatten();
            number.filter(|number| (1..=LIMIT_MAX).contains(number))
        };
        Ok(self.parsed("limit", &must_be, read)?.unwrap_or(LIMIT))
    }

    /// `cursor`, of rows that are in the order of time.
    pub(super) fn mark(&self) -> Result<Option<Mark>, Problem> {
        self.parsed("cursor", "`next` of the page before", |text| {
            let (at, id) =
                cursor_of(text)?.split_once('.').map(|(at, id)| (at.parse(), id.to_owned()))?;
            Some(Mark { at: at.ok()?, id })
        })
    }

    /// `cursor`, of rows that are numbered.
    pub(super) fn number(&self) -> Result<Option<i64>, Problem> {
        let must_be = "`next` of the page before";
        self.parsed("cursor", must_be, |text| cursor_of(text)?.parse().ok())
    }
}

/// What a cursor says. It opens nothing: whoever calls sees only what is its own.
fn cursor_of(text: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    // What no cursor of ours holds and a database may not take.
    text.bytes().all(|byte| byte.is_ascii_graphic()).then_some(text)
}

/// A cursor that leads on from a row.
pub(super) fn cursor(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The rows of a page that was read with one row more, and whether there are more.
pub(super) fn page<T>(mut rows: Vec<T>, limit: i64) -> (Vec<T>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    (rows, has_more)
}
