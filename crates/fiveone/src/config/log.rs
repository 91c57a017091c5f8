//! `[log]`: what is logged, and how.

use super::section::Section;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    /// A level or directives.
    pub(crate) filter: String,
    /// How a line is written.
    pub(crate) format: LogFormat,
}

impl Log {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self::read_or(section, Self { filter: "info".to_owned(), format: LogFormat::Json })
    }

    /// The same with other defaults.
    pub(super) fn read_or(section: &mut Section<'_>, default: Self) -> Self {
        let filter = |text: &str| {
            let directives = tracing_subscriber::EnvFilter::builder().parse(text).ok();
            directives.map(|_| text.to_owned())
        };
        let format = |text: &str| match text {
            "json" => Some(LogFormat::Json),
            "text" => Some(LogFormat::Text),
            _ => None,
        };
        let must_be = "a level, or directives such as \"info,fiveone_engine=debug\"";
        Self {
            filter: section.parsed("filter", default.filter, must_be, filter),
            format: section.parsed("format", default.format, "\"json\" or \"text\"", format),
        }
    }
}
