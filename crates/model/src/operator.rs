//! Operators of the console: what they are called, and what each role may do.

/// The name of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperatorName(String);

impl OperatorName {
    /// The longest name, in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Takes letters, digits and `.`, `_`, `-`, `@` of ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::BYTES_MAX).contains(&text.len());
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-@".contains(&b);
        (fits && text.bytes().all(is_plain)).then(|| Self(text.to_owned()))
    }

    /// The name as it is typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for OperatorName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an operator may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks, and changes nothing.
    Viewer,
    /// Runs the deployment: tasks, callbacks, areas, erasure.
    Operator,
    /// Has the apps, their keys and the money, too.
    Owner,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Owner];

    /// The word in tables and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }

    /// The role of a word made by [`Role::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether it may do what needs another.
    #[must_use]
    pub fn may(self, needed: Self) -> bool {
        self >= needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_roles_include_those_before() {
        for name in ["ops", "wang.li", "a-b_c@example.com", &"x".repeat(64)] {
            assert_eq!(OperatorName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "a b", "王", "<script>", "a/b", &"x".repeat(65)] {
            assert!(OperatorName::parse(name).is_none(), "{name}");
        }
        for (role, may) in
            Role::ALL.into_iter().zip([[true, false, false], [true, true, false], [true; 3]])
        {
            assert_eq!(Role::ALL.map(|needed| role.may(needed)), may, "{role:?}");
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
    }
}
