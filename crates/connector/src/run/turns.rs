//! Loops: which turns there are, and when pages end.

use std::sync::LazyLock;

use fiveone_model::{failure::Failure, report::Table};
use jiff::{ToSpan, civil::Date};
use regex::Regex;
use serde_json::{Value as Json, json};
use url::Url;

use super::{
    Run, Vars, changed,
    fetch::Fetched,
    judge::{says_no_data, second_look},
    request::{json_of, unrendered},
    step::{Context, StepEnd},
};
use crate::{
    definition::{Each, Pages, Section, Step, Until},
    page::{Page, Prober, json_text},
    read::{Changed, Finding, Mapping, ReadRow, Reader, has_place, is_proved_empty},
    template::{Template, first_of_month, last_of_month},
};

/// The most turns of all loops of a section.
const TURNS_MAX: usize = 600;

/// The furthest a loop of years looks back.
const YEARS_MAX: i64 = 60;

static PAGE_OF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(\d+)\s*页?\s*[/／]\s*共?\s*(\d+)").expect("the pattern is a constant")
});
static PAGES_IN_ALL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"共\s*(\d+)\s*页").expect("the pattern is a constant"));

/// What one turn brought.
struct Turned {
    rows: Vec<ReadRow>,
    /// Whether the place of the rows (list, header) is there.
    has_place: bool,
    /// Whether no rows are proved to be none.
    is_proved: bool,
    total: Option<i64>,
    pages: Option<(Option<i64>, i64)>,
    goes_on: bool,
    next: Option<Url>,
}

impl Run {
    /// All turns in order, each with its rows.
    pub(super) async fn all_turns(
        &mut self,
        each: &[Each],
        section: &Section,
        table: Table,
        outer: &Vars,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Vec<ReadRow>>, Failure> {
        let pages = each.last().and_then(|each| each.page.as_ref());
        let mut combinations = vec![outer.clone()];
        for each in each.iter().filter(|each| each.page.is_none()) {
            let mut longer = Vec::new();
            for locals in &combinations {
                for turn in self.turns_of(each, locals)? {
                    let mut locals = locals.clone();
                    locals.extend(turn);
                    longer.push(locals);
                }
            }
            combinations = longer;
        }
        let mut budget =
            self.connector.definition.limits.turns.map_or(TURNS_MAX, |told| told as usize);
        if combinations.is_empty() {
            return Err(self.refuse(&Changed::because("there is nothing to go through")));
        }
        let mut turns = Vec::new();
        for locals in combinations {
            if let Some(pages) = pages {
                turns.extend(
                    self.page_turns(pages, section, table, locals, &mut budget, findings).await?,
                );
                continue;
            }
            budget = budget.checked_sub(1).ok_or_else(changed)?;
            let turned = self.one_turn(section, None, None, table, &locals, findings).await?;
            if turned.rows.is_empty() && !turned.is_proved {
                return Err(
                    self.refuse(&Changed::because("no rows, and nothing says that there are none"))
                );
            }
            turns.push(turned.rows);
        }
        Ok(turns)
    }

    /// The pages of one combination of the outer loops.
    async fn page_turns(
        &mut self,
        pages: &Pages,
        section: &Section,
        table: Table,
        mut locals: Vars,
        budget: &mut usize,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Vec<ReadRow>>, Failure> {
        let first = pages.first.unwrap_or(1);
        let mut turns: Vec<Vec<ReadRow>> = Vec::new();
        let (mut total, mut page, mut next, mut count) = (None, first, None::<Url>, 0_i64);
        loop {
            *budget = budget.checked_sub(1).ok_or_else(changed)?;
            let size = pages.size.map_or(count, i64::from);
            locals.insert("page".to_owned(), json!(page));
            locals.insert("size".to_owned(), json!(pages.size.unwrap_or(0)));
            let offset = if pages.size.is_some() { (page - first) * size } else { count };
            locals.insert("offset".to_owned(), json!(offset));
            let turned =
                self.one_turn(section, Some(pages), next.take(), table, &locals, findings).await?;
            let is_first = page == first;
            total = total.or(turned.total);
            let is_empty = turned.rows.is_empty();
            let proved = turned.is_proved
                || (is_first && total == Some(0))
                || (!is_first && turned.has_place && total.is_none_or(|total| count >= total));
            if is_empty && !proved {
                return Err(
                    self.refuse(&Changed::because("no rows, and nothing says that there are none"))
                );
            }
            if is_empty && total.is_some_and(|total| count < total) {
                return Err(self.refuse(&Changed::because("fewer rows than there should be")));
            }
            let is_repeated = turns.last().is_some_and(|last| {
                !is_empty
                    && last.len() == turned.rows.len()
                    && last.iter().zip(&turned.rows).all(|(a, b)| a.is_same(b))
            });
            if is_repeated {
                return Err(self.refuse(&Changed::because("a page repeats the one before")));
            }
            if let Some((Some(own), _)) = turned.pages
                && own != page - first + 1
                && !is_empty
            {
                return Err(self.refuse(&Changed::because("another page came than was asked for")));
            }
            let on_page = i64::try_from(turned.rows.len()).unwrap_or(i64::MAX);
            count += on_page;
            turns.push(turned.rows);
            let done = page - first + 1;
            let more = match (total, turned.pages) {
                (Some(total), _) => count < total,
                (None, Some((_, pages))) => done < pages,
                (None, None) if pages.next.is_some() => turned.next.is_some(),
                (None, None) if pages.while_.is_some() => turned.goes_on,
                (None, None) => match pages.until {
                    Some(Until::Short) => pages.size.is_none_or(|size| on_page >= i64::from(size)),
                    Some(Until::Empty) => !is_empty,
                    None => false,
                },
            };
            if !more {
                break;
            }
            next = turned.next;
            page += 1;
        }
        if total.is_some_and(|total| total != count) {
            return Err(
                self.refuse(&Changed::because("another number of rows than the portal tells"))
            );
        }
        Ok(turns)
    }

    /// One turn: the steps, then the rows of the last answer.
    async fn one_turn(
        &mut self,
        section: &Section,
        pages: Option<&Pages>,
        next: Option<Url>,
        table: Table,
        locals: &Vars,
        findings: &mut Vec<Finding>,
    ) -> Result<Turned, Failure> {
        let context = Context { fields: None, locals };
        let last = match (next, section.steps.last()) {
            (Some(url), Some(step)) => {
                let fetched = self.fetch(self.get(url), true).await?;
                let step_end = self.take_in(step, &fetched, context);
                step_end.map_err(|end| match end {
                    StepEnd::Failure(failure) => failure,
                    StepEnd::Verdict(verdict) => verdict.failure(&[]),
                })?;
                Some((step, fetched))
            }
            _ => self.do_steps(&section.steps, context).await?,
        };
        let Some((step, fetched)) = last else { return Err(changed()) };
        self.turn_of(section, pages, step, &fetched, table, context, findings)
    }

    #[expect(clippy::too_many_arguments, reason = "one call, and every one of them is needed")]
    fn turn_of(
        &mut self,
        section: &Section,
        pages: Option<&Pages>,
        step: &Step,
        fetched: &Fetched,
        table: Table,
        context: Context<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Turned, Failure> {
        let cookies = self.cookies(&fetched.url);
        let read = {
            let scope = self.scope(context.fields, context.locals);
            let page = self.page(step, fetched);
            page.map_or_else(
                || Err((Changed::because("the answer is not wrapped as it should be"), None)),
                |page| {
                    let prober = Prober::new(&page, &scope, &cookies);
                    let mut reader = Reader { connector: &self.connector, scope: &scope, findings };
                    look(&mut reader, &prober, section, pages, table)
                        .map_err(|changed| (changed, second_look(&prober, &self.connector)))
                        .and_then(|turned| {
                            let is_odd = turned.rows.is_empty() && !turned.is_proved;
                            match is_odd.then(|| second_look(&prober, &self.connector)).flatten() {
                                Some(verdict) => Err((Changed::because("no rows"), Some(verdict))),
                                None => Ok(turned),
                            }
                        })
                },
            )
        };
        read.map_err(|(changed, verdict)| match verdict {
            Some(verdict) => verdict.failure(&[]),
            None => self.refuse(&changed),
        })
    }

    /// The turns of a loop that is not over pages.
    pub(super) fn turns_of(&self, each: &Each, locals: &Vars) -> Result<Vec<Vars>, Failure> {
        let number = |template: &Template| {
            let scope = self.scope(None, locals);
            let text = template.render(&scope).map_err(|error| unrendered(&error))?;
            text.trim()
                .parse::<i64>()
                .ok()
                .filter(|n| (1..=YEARS_MAX * 12).contains(n))
                .ok_or_else(changed)
        };
        let today = self.today();
        let one = |pairs: Vec<(&str, Json)>| -> Vars {
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        let span = |start: Date, end: Date| {
            vec![("start", json!(start.to_string())), ("end", json!(end.to_string()))]
        };
        if let Some(years) = &each.year {
            let name = years.name.as_deref().unwrap_or("year");
            let back = 0..number(&years.last)?.min(YEARS_MAX);
            return Ok(back
                .map(|n| one(vec![(name, json!(i64::from(today.year()) - n))]))
                .collect());
        }
        if let Some(months) = &each.month {
            return (0..number(&months.last)?)
                .map(|n| {
                    let day = today.checked_sub(n.months()).map_err(|_| changed())?;
                    Ok(one(vec![("month", json!(first_of_month(day).to_string()))]))
                })
                .collect();
        }
        if let Some(years) = &each.fiscal_year {
            let starts = years.starts.unwrap_or(7);
            let running = if today.month() >= starts { today.year() } else { today.year() - 1 };
            return (0..number(&years.last)?.min(YEARS_MAX))
                .map(|n| {
                    let year = running - i16::try_from(n).unwrap_or(i16::MAX);
                    let start = Date::new(year, starts, 1).map_err(|_| changed())?;
                    let end = last_of_month(start.checked_add(11.months()).map_err(|_| changed())?);
                    let name = format!("{}-{}", start.year(), end.year());
                    let mut pairs = span(start, end);
                    pairs.push(("fiscal_year", json!(name)));
                    Ok(one(pairs))
                })
                .collect();
        }
        if let Some(windows) = &each.window {
            let months = number(&windows.months)?;
            return (0..number(&windows.last)?)
                .map(|n| {
                    let end = today.checked_sub((n * months).months()).map_err(|_| changed())?;
                    let start = today
                        .checked_sub(((n + 1) * months).months())
                        .and_then(|day| day.checked_add(1.days()))
                        .map_err(|_| changed())?;
                    Ok(one(span(start, end)))
                })
                .collect();
        }
        let items = each.item.as_ref().ok_or_else(changed)?;
        let list = match (&items.of, &items.list) {
            (Some(name), _) => self.find_var(name, locals).cloned().ok_or_else(changed)?,
            (None, Some(list)) => {
                json_of(list, &self.scope(None, locals)).map_err(|e| unrendered(&e))?
            }
            (None, None) => return Err(changed()),
        };
        let values: Vec<Json> = match list {
            Json::Array(items) => items,
            Json::Object(map) => {
                map.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
            }
            single => vec![single],
        };
        Ok(values.into_iter().map(|value| one(vec![(items.name.as_str(), value)])).collect())
    }
}

/// Everything a turn's page tells.
fn look(
    reader: &mut Reader<'_>,
    prober: &Prober<'_>,
    section: &Section,
    pages: Option<&Pages>,
    table: Table,
) -> Result<Turned, Changed> {
    let rows = section.rows.as_ref().ok_or_else(|| Changed::because("there is nothing to read"))?;
    let page: &Page = prober.page;
    // What proves that there are no rows is the same header that rows would have.
    let mut mapping = Mapping::of_rows(rows, table, reader.connector);
    if let Some(split) = &section.split {
        mapping.require(&split.by);
    }
    let read = reader.rows(page, rows, &mapping)?;
    let is_proved = read.is_empty()
        && (is_proved_empty(prober, &section.empty, Some((rows, &mapping)))
            || says_no_data(prober, reader.connector));
    let mut turned = Turned {
        has_place: has_place(page, rows, &mapping)?,
        rows: read,
        is_proved,
        total: None,
        pages: None,
        goes_on: false,
        next: None,
    };
    let Some(pages) = pages else { return Ok(turned) };
    let take = |capture: &crate::definition::Capture, what: &str| {
        let found = prober.capture(capture).map_err(|error| Changed(error.0))?;
        let text = found.map(|value| json_text(&value)).or_else(|| capture.default.clone());
        match text {
            Some(text) => Ok(Some(text)),
            None if capture.optional || turned.is_proved => Ok(None),
            None => Err(Changed::because(format!("the {what} is not there"))),
        }
    };
    if let Some(total) = &pages.total
        && let Some(text) = take(total, "total")?
    {
        let number = text.trim().parse::<i64>();
        turned.total = Some(number.map_err(|_| Changed::because("the total is no number"))?);
    }
    if let Some(count) = &pages.pages
        && let Some(text) = take(count, "number of pages")?
    {
        turned.pages = Some(pages_in(&text).ok_or_else(|| Changed::because("no number of pages"))?);
    }
    if let Some(next) = &pages.next
        && let Some(address) = take(next, "next page")
            .or_else(|error| if next.optional { Ok(None) } else { Err(error) })?
    {
        turned.next = page.url.join(&address).ok().filter(|url| *url != page.url);
    }
    turned.goes_on = pages.while_.as_ref().is_some_and(|test| prober.test(test));
    Ok(turned)
}

/// This page's number, if told, and how many there are.
fn pages_in(text: &str) -> Option<(Option<i64>, i64)> {
    if let Some(found) = PAGE_OF.captures(text) {
        return Some((found[1].parse().ok(), found[2].parse().ok()?));
    }
    if let Some(found) = PAGES_IN_ALL.captures(text) {
        return Some((None, found[1].parse().ok()?));
    }
    text.trim().parse().ok().map(|pages| (None, pages))
}
