//! What the terminal can show, from the variables that terminals set: there is no other way to know it
//! that does not wait for an answer which most terminals never give.

/// How a picture gets to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Pictures {
    /// The protocol of kitty, which Ghostty and `WezTerm` know too.
    Kitty,
    /// The protocol of iTerm2.
    Iterm,
    /// The graphics of DEC terminals.
    Sixel,
    /// Half blocks, which every terminal has.
    Blocks,
}

/// What this process's terminal can show.
pub(crate) fn pictures() -> Pictures {
    of(|name| std::env::var(name).unwrap_or_default())
}

/// What a terminal with these variables can show.
fn of(variable: impl Fn(&str) -> String) -> Pictures {
    let (term, program) = (variable("TERM"), variable("TERM_PROGRAM"));
    // Whatever is around a multiplexer, it lets no picture through.
    if ["screen", "tmux"].iter().any(|name| term.starts_with(name)) || program == "tmux" {
        return Pictures::Blocks;
    }
    let is_kitty = term == "xterm-kitty" || term == "xterm-ghostty";
    if is_kitty || !variable("KITTY_WINDOW_ID").is_empty() || program == "ghostty" {
        return Pictures::Kitty;
    }
    if program == "iTerm.app" || program == "WezTerm" || variable("LC_TERMINAL") == "iTerm2" {
        return Pictures::Iterm;
    }
    let knows_sixel = ["foot", "mlterm", "yaft", "contour"];
    if term.contains("sixel") || knows_sixel.iter().any(|name| term.starts_with(name)) {
        return Pictures::Sixel;
    }
    Pictures::Blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_known_by_its_variables() {
        for (variables, expected) in [
            (&[("TERM", "xterm-256color")][..], Pictures::Blocks),
            (&[], Pictures::Blocks),
            (&[("TERM", "xterm-kitty")], Pictures::Kitty),
            (&[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")], Pictures::Kitty),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Pictures::Iterm),
            (&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")], Pictures::Iterm),
            (&[("TERM", "foot-extra")], Pictures::Sixel),
            (&[("TERM", "xterm-sixel")], Pictures::Sixel),
            (&[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")], Pictures::Blocks),
        ] {
            let value = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
            };
            assert_eq!(of(value), expected, "{variables:?}");
        }
    }
}
