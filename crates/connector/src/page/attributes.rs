//! What an element says of itself by its attributes.

use scraper::node::Element;

/// An attribute. The tree's own way to ask makes a name of each question first, and every element is
/// asked several.
pub(super) fn attribute<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    element.attrs().find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// Whether an element is hidden by itself (style sheets are not known).
pub(super) fn is_hidden(element: &Element) -> bool {
    let hides = |style: &str| {
        let style: String =
            style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        style.contains("display:none") || style.contains("visibility:hidden")
    };
    element.attrs().any(|(name, value)| match name {
        "hidden" => true,
        "aria-hidden" => value == "true",
        "type" => element.name() == "input" && value.eq_ignore_ascii_case("hidden"),
        "style" => hides(value),
        _ => false,
    })
}
