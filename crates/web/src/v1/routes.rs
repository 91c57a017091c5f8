//! Every route of `/v1`, once: the router and the OpenAPI document are made of this table.

use axum::body::Body;
use axum::response::Response;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, header};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::call::Call;
use super::code::Code;
use super::task::Task;
use super::{Outcome, areas, callbacks, events, links, money, openapi, problem, report, tasks};

/// A route.
pub(super) struct Route {
    /// `GET` and the like.
    verb: &'static str,
    /// The path, with at most one variable part.
    pub(super) path: &'static str,
    /// Its name in logs, metrics and the document.
    pub(super) operation: &'static str,
    /// What it does, in a line.
    pub(super) summary: &'static str,
    /// Its parameters behind the `?` and in headers.
    pub(super) params: &'static [Param],
    /// The schema of the body it takes.
    pub(super) body: Option<SchemaOf>,
    /// What it answers when all is well.
    pub(super) answer: Answer,
    /// What it may be refused with, beside what any call may be.
    pub(super) codes: &'static [Code],
    /// What answers.
    pub(super) run: Run,
}

/// What answers a call.
pub(super) enum Run {
    /// For everybody; it is handed the variable part of the path.
    Open(fn(&str) -> Outcome),
    /// For apps.
    Keyed(for<'a> fn(Call<'a>) -> BoxFuture<'a, Outcome>),
}

/// Makes a schema.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A good answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) media: &'static str,
    /// Its schema, where it is JSON of ours.
    pub(super) schema: Option<SchemaOf>,
}

/// A parameter behind the `?` or in a header.
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) about: &'static str,
    /// Its JSON schema.
    pub(super) schema: &'static str,
}

const fn query(name: &'static str, schema: &'static str, about: &'static str) -> Param {
    Param { name, place: "query", about, schema }
}

const fn header(name: &'static str, schema: &'static str, about: &'static str) -> Param {
    Param { name, place: "header", about, schema }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const fn json<T: JsonSchema>(status: u16) -> Answer {
    Answer { status, media: "application/json", schema: Some(schema::<T>) }
}

const fn other(media: &'static str) -> Answer {
    Answer { status: 200, media, schema: None }
}

const PRODUCT: Param =
    query("product", r#"{"type":"string","enum":["fund","insurance"]}"#, "Of one product.");
const AREA: Param =
    query("area", r#"{"type":"string","pattern":"^[0-9A-Za-z]{1,16}$"}"#, "Of one area's code.");
const LIMIT: Param = query(
    "limit",
    r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
    "Rows of a page.",
);
const CURSOR: Param = query(
    "cursor",
    r#"{"type":"string","minLength":1}"#,
    "`next` of the page before; without it, the newest.",
);

/// The routes.
pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "POST",
        path: "/v1/tasks",
        operation: "create_task",
        summary: "Creates a task: the price is held and the portal is asked. A task with the same \
                  fields that is under way is answered instead of a second one.",
        params: &[header(
            "Idempotency-Key",
            r#"{"type":"string","minLength":1,"maxLength":255}"#,
            "Makes repeats exact for a day: the same key answers the same task.",
        )],
        body: Some(schema::<tasks::NewTask>),
        answer: json::<Task>(201),
        codes: &[
            Code::ProductNotGranted,
            Code::ProductPaused,
            Code::EmployerLoginNotGranted,
            Code::WrongMode,
            Code::AreaUnknown,
            Code::AreaNotDeveloped,
            Code::AreaClosed,
            Code::IdempotencyKeyReused,
            Code::RequestInProgress,
            Code::InsufficientBalance,
            Code::TooManyRefusedLogins,
        ],
        run: Run::Keyed(|call| tasks::create(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/tasks",
        operation: "list_tasks",
        summary: "Lists the app's tasks, the newest first.",
        params: &[
            PRODUCT,
            AREA,
            query("ended", r#"{"type":"boolean"}"#, "Those that have ended, or have not."),
            LIMIT,
            CURSOR,
        ],
        body: None,
        answer: json::<tasks::TaskPage>(200),
        codes: &[],
        run: Run::Keyed(|call| tasks::list(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/tasks/{id}",
        operation: "show_task",
        summary: "Shows a task. With `wait`, the answer comes when a question waits or the task has \
                  ended; with If-None-Match too, when the task is not as that ETag told.",
        params: &[
            query(
                "wait",
                r#"{"type":"integer","minimum":0}"#,
                "Seconds to wait for news; more than 30 are 30.",
            ),
            header("If-None-Match", r#"{"type":"string"}"#, "The ETag of an answer before."),
        ],
        body: None,
        answer: json::<Task>(200),
        codes: &[Code::TaskNotFound, Code::ProductNotGranted, Code::ProductPaused],
        run: Run::Keyed(|call| tasks::show(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/tasks/{id}/events",
        operation: "follow_task",
        summary: "Follows a task: server-sent events named `task`, each with the task as GET \
                  /v1/tasks/{id} shows it, at once and at each change, until it has ended.",
        params: &[header("Last-Event-ID", r#"{"type":"string"}"#, "Not needed: events are whole.")],
        body: None,
        answer: other("text/event-stream"),
        codes: &[Code::TaskNotFound, Code::ProductNotGranted, Code::ProductPaused],
        run: Run::Keyed(|call| events::follow(call).boxed()),
    },
    Route {
        verb: "POST",
        path: "/v1/tasks/{id}/answers",
        operation: "answer_question",
        summary: "Answers the question that waits. Taken is not right: the task tells.",
        params: &[],
        body: Some(schema::<tasks::NewAnswer>),
        answer: json::<Task>(202),
        codes: &[
            Code::TaskNotFound,
            Code::NoOpenQuestion,
            Code::ProductNotGranted,
            Code::ProductPaused,
        ],
        run: Run::Keyed(|call| tasks::answer(call).boxed()),
    },
    Route {
        verb: "POST",
        path: "/v1/tasks/{id}/cancel",
        operation: "cancel_task",
        summary: "Cancels a task of which nothing was read yet; its money is free again. Cancelling \
                  it twice is well.",
        params: &[],
        body: None,
        answer: json::<Task>(200),
        codes: &[Code::TaskNotFound, Code::TaskEnded, Code::TooLateToCancel],
        run: Run::Keyed(|call| tasks::cancel(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/tasks/{id}/report",
        operation: "show_report",
        summary: "The report of a task that is done.",
        params: &[],
        body: None,
        answer: json::<report::Report>(200),
        codes: &[
            Code::TaskNotFound,
            Code::ReportNotReady,
            Code::NoReport,
            Code::ReportErased,
            Code::ProductNotGranted,
            Code::ProductPaused,
        ],
        run: Run::Keyed(|call| report::show(call).boxed()),
    },
    Route {
        verb: "DELETE",
        path: "/v1/tasks/{id}/report",
        operation: "erase_report",
        summary: "Erases all that leads from a task to its person, now or as soon as it has ended, \
                  and answers a receipt.",
        params: &[],
        body: None,
        answer: json::<report::Erasure>(200),
        codes: &[Code::TaskNotFound],
        run: Run::Keyed(|call| report::erase(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/areas",
        operation: "list_areas",
        summary: "Lists the areas, whether each can be used now, and what its logins take.",
        params: &[PRODUCT, AREA],
        body: None,
        answer: json::<areas::AreaList<'_>>(200),
        codes: &[],
        run: Run::Keyed(|call| areas::list(call).boxed()),
    },
    Route {
        verb: "POST",
        path: "/v1/links",
        operation: "create_link",
        summary: "Makes a link to the person's page; what comes of it is the app's when handed over.",
        params: &[],
        body: Some(schema::<links::NewLink>),
        answer: json::<links::Made>(201),
        codes: &[
            Code::ProductNotGranted,
            Code::ProductPaused,
            Code::WrongMode,
            Code::AreaUnknown,
            Code::AreaNotDeveloped,
            Code::AreaClosed,
        ],
        run: Run::Keyed(|call| links::create(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/links/{id}",
        operation: "show_link",
        summary: "How far a link is, what the person agreed to, and the task that was handed over.",
        params: &[],
        body: None,
        answer: json::<links::Link>(200),
        codes: &[Code::LinkNotFound],
        run: Run::Keyed(|call| links::show(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/wallet",
        operation: "show_wallet",
        summary: "What the app's wallet holds.",
        params: &[],
        body: None,
        answer: json::<money::Wallet>(200),
        codes: &[],
        run: Run::Keyed(|call| money::wallet(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/wallet/entries",
        operation: "list_entries",
        summary: "Lists what moved in the wallet, the newest first.",
        params: &[LIMIT, CURSOR],
        body: None,
        answer: json::<money::EntryPage>(200),
        codes: &[],
        run: Run::Keyed(|call| money::entries(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/callbacks",
        operation: "list_callbacks",
        summary: "Lists the callbacks to the app and how they went, the newest first.",
        params: &[
            query(
                "state",
                r#"{"type":"string","enum":["pending","delivered","exhausted","superseded"]}"#,
                "In one state.",
            ),
            LIMIT,
            CURSOR,
        ],
        body: None,
        answer: json::<callbacks::CallbackPage>(200),
        codes: &[],
        run: Run::Keyed(|call| callbacks::list(call).boxed()),
    },
    Route {
        verb: "POST",
        path: "/v1/callbacks/{id}/replay",
        operation: "replay_callback",
        summary: "Begins a callback anew whose tries are used up.",
        params: &[],
        body: None,
        answer: json::<callbacks::Callback>(202),
        codes: &[Code::CallbackNotFound, Code::CallbackNotExhausted],
        run: Run::Keyed(|call| callbacks::replay(call).boxed()),
    },
    Route {
        verb: "GET",
        path: "/v1/errors/{code}",
        operation: "show_error",
        summary: "The page about an error code, in Markdown.",
        params: &[],
        body: None,
        answer: other("text/markdown"),
        codes: &[Code::NotFound],
        run: Run::Open(error_page),
    },
    Route {
        verb: "GET",
        path: "/v1/openapi.json",
        operation: "show_openapi",
        summary: "This document.",
        params: &[],
        body: None,
        answer: other("application/json"),
        codes: &[],
        run: Run::Open(|_| Ok(text(openapi::text(), "application/json"))),
    },
];

impl Route {
    /// Its method.
    pub(super) fn method(&self) -> Method {
        self.verb.parse().unwrap_or_default()
    }

    /// The names it knows behind the `?`.
    pub(super) fn query_names(&self) -> Vec<&'static str> {
        let params = self.params.iter().filter(|param| param.place == "query");
        params.map(|param| param.name).collect()
    }
}

/// The methods of a path, HEAD beside GET; none when there is no such path.
pub(super) fn methods_of(path: &str) -> Vec<&'static str> {
    let fits = |pattern: &str| {
        let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
        pattern
            .by_ref()
            .zip(path.by_ref())
            .all(|(word, sent)| word == sent || (word.starts_with('{') && !sent.is_empty()))
            && pattern.next().is_none()
            && path.next().is_none()
    };
    let same_length = |pattern: &str| pattern.split('/').count() == path.split('/').count();
    let mut methods = Vec::new();
    for route in ROUTES.iter().filter(|route| same_length(route.path) && fits(route.path)) {
        methods.push(route.verb);
        if route.verb == "GET" {
            methods.push("HEAD");
        }
    }
    methods
}

fn error_page(word: &str) -> Outcome {
    let code = Code::parse(word).ok_or_else(|| problem::Problem::from(Code::NotFound))?;
    Ok(text(code.page(), "text/markdown; charset=utf-8"))
}

/// An answer that is nobody's secret.
fn text(text: String, media: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    let kept = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_its_methods() {
        assert_eq!(methods_of("/v1/tasks"), ["POST", "GET", "HEAD"]);
        assert_eq!(methods_of("/v1/tasks/x/report"), ["GET", "HEAD", "DELETE"]);
        assert_eq!(methods_of("/v1/wallet"), ["GET", "HEAD"]);
        for path in
            ["/v1", "/v1/", "/v1/tasks/", "/v1/tasks//report", "/v1/nothing", "/v1/tasks/x/y"]
        {
            assert_eq!(methods_of(path), [""; 0], "{path}");
        }
    }

    #[test]
    fn limits_of_the_document_are_those_of_the_reader() {
        assert!(LIMIT.schema.contains(&format!("\"maximum\":{}", super::super::query::LIMIT_MAX)));
    }
}
