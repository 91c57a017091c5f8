//! The parameters of a call, from whatever kind of body: each name once, values zeroed when dropped.

use fiveone_model::login::FieldName;
use zeroize::Zeroizing;

use super::refusal::Refusal;

/// The names the ten interfaces know beside the login fields.
const ENVELOPE: [&str; 6] = ["appId", "tokenKey", "area_code", "login_type", "tid", "code"];

/// Whether an interface knows a parameter of that name, in any case.
pub(super) fn is_known(name: &str) -> bool {
    let fields = FieldName::ALL.map(FieldName::as_str);
    ENVELOPE.iter().chain(&fields).any(|known| known.eq_ignore_ascii_case(name))
}

/// A parameter's name for a message: only names of the documents are repeated to a client, since
/// a broken body can have put a secret where a name should be.
fn shown(name: &str) -> &str {
    let fields = FieldName::ALL.map(FieldName::as_str);
    ENVELOPE.into_iter().chain(fields).find(|known| *known == name).unwrap_or("（未知参数）")
}

/// What was sent, sorted by name.
pub(crate) struct Params(Vec<(String, Zeroizing<String>)>);

impl Params {
    /// The value of a parameter, as sent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let index = self.0.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        self.0.get(index).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter without the blanks around it; `None` when nothing is left.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// All, sorted by name.
    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// Takes parameters one by one and refuses what no honest client sends.
pub(crate) struct Collector {
    list: Vec<(String, Zeroizing<String>)>,
    params_max: usize,
}

impl Collector {
    pub(crate) fn new(params_max: usize) -> Self {
        Self { list: Vec::new(), params_max }
    }

    /// Adds a parameter.
    pub(crate) fn add(&mut self, name: String, value: Zeroizing<String>) -> Result<(), Refusal> {
        if self.list.len() >= self.params_max {
            return Err(Refusal::parameter(format!("参数超过 {} 个", self.params_max)));
        }
        if name.is_empty() {
            return Err(Refusal::parameter("参数名为空"));
        }
        let has_nul = |text: &str| text.contains('\0');
        if has_nul(&name) || has_nul(&value) {
            return Err(Refusal::parameter(format!("参数 {} 含有 NUL 字符", shown(&name))));
        }
        self.list.push((name, value));
        Ok(())
    }

    /// All that was added; refused when a name came twice.
    pub(crate) fn finish(mut self) -> Result<Params, Refusal> {
        self.list.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let twice = self.list.windows(2).find(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
        if let Some([(name, _), ..]) = twice {
            return Err(Refusal::parameter(format!("参数 {} 重复", shown(name))));
        }
        Ok(Params(self.list))
    }
}
