//! Every route of `/v1`, once: the router and the OpenAPI document are made of this table. It is long
//! because it is a table.

use axum::body::Body;
use axum::response::Response;
use futures_util::FutureExt as _;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::code::Code;
use super::query::Query;
use super::route::{
    AREA, CURSOR, LANG, LIMIT, PRODUCT, Route, Run, header, json, other, query, schema,
};
use super::task::Task;
use super::{
    Outcome, areas, callbacks, events, links, money, openapi, problem, report, sandbox, tasks,
    viewer,
};

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
        summary: "Lists the app's tasks, the newest first; with a test key, those of the model city.",
        params: &[
            PRODUCT,
            AREA,
            query("ended", r#"{"type":"boolean"}"#, "Those that have ended, or have not."),
            LIMIT,
            CURSOR,
        ],
        body: None,
        answer: json::<tasks::TaskPage>(200),
        codes: &[Code::WrongMode],
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
        path: "/v1/tasks/{id}/refresh",
        operation: "refresh_question",
        summary: "Asks for another picture, or for another SMS, in place of the question that waits: \
                  the task then tells of a new one.",
        params: &[],
        body: Some(schema::<tasks::NewRefresh>),
        answer: json::<Task>(202),
        codes: &[
            Code::TaskNotFound,
            Code::NoOpenQuestion,
            Code::QuestionStays,
            Code::RefreshTooSoon,
            Code::ProductNotGranted,
            Code::ProductPaused,
        ],
        run: Run::Keyed(|call| tasks::refresh(call).boxed()),
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
        path: "/v1/callbacks/test",
        operation: "test_callback",
        summary: "Posts a callback that tells of no task to the app's address, once, and tells what \
                  came of it.",
        params: &[],
        body: Some(schema::<callbacks::NewTry>),
        answer: json::<callbacks::Tried>(200),
        codes: &[Code::ProductNotGranted, Code::ProductPaused, Code::NoCallbackAddress],
        run: Run::Keyed(|call| callbacks::test(call).boxed()),
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
        path: "/v1/sandbox",
        operation: "show_sandbox",
        summary: "What the app's test tasks come to. Test keys alone.",
        params: &[],
        body: None,
        answer: json::<sandbox::SandboxState>(200),
        codes: &[Code::TestKeyNeeded],
        run: Run::Keyed(|call| sandbox::show(call).boxed()),
    },
    Route {
        verb: "POST",
        path: "/v1/sandbox/next",
        operation: "wish_next",
        summary: "Leads the app's next test task to a code, whatever its password. Test keys alone.",
        params: &[],
        body: Some(schema::<sandbox::NewWish>),
        answer: json::<sandbox::SandboxState>(200),
        codes: &[Code::TestKeyNeeded],
        run: Run::Keyed(|call| sandbox::next(call).boxed()),
    },
    Route {
        verb: "POST",
        path: "/v1/sandbox/portal",
        operation: "set_portal",
        summary: "Takes the model city down for this app alone, or up again. Test keys alone.",
        params: &[],
        body: Some(schema::<sandbox::NewPortalState>),
        answer: json::<sandbox::SandboxState>(200),
        codes: &[Code::TestKeyNeeded],
        run: Run::Keyed(|call| sandbox::portal(call).boxed()),
    },
    Route {
        verb: "POST",
        path: "/v1/sandbox/tasks/{id}/fail",
        operation: "fail_test",
        summary: "Fails a test task that is under way, at once. Test keys alone.",
        params: &[],
        body: Some(schema::<sandbox::NewFailure>),
        answer: json::<Task>(200),
        codes: &[Code::TestKeyNeeded, Code::TaskNotFound, Code::TaskNoTest, Code::TaskEnded],
        run: Run::Keyed(|call| sandbox::fail(call).boxed()),
    },
    Route {
        verb: "POST",
        path: "/v1/sandbox/callbacks",
        operation: "fire_callback",
        summary: "Sends a callback about a test task with any code, signed as all others. Test keys \
                  alone.",
        params: &[],
        body: Some(schema::<sandbox::NewEvent>),
        answer: json::<callbacks::Callback>(202),
        codes: &[
            Code::TestKeyNeeded,
            Code::TaskNotFound,
            Code::TaskNoTest,
            Code::NoCallbackAddress,
            Code::CallbackNotFound,
        ],
        run: Run::Keyed(|call| sandbox::callback(call).boxed()),
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
        run: Run::Open(document),
    },
    Route {
        verb: "GET",
        path: "/v1/docs",
        operation: "show_docs",
        summary: "This document as a page to read.",
        params: &[LANG],
        body: None,
        answer: other("text/html"),
        codes: &[],
        run: Run::Open(document_page),
    },
    Route {
        verb: "GET",
        path: "/v1/docs/errors/{code}",
        operation: "show_error_docs",
        summary: "The page about an error code, to read in a browser.",
        params: &[LANG],
        body: None,
        answer: other("text/html"),
        codes: &[Code::NotFound],
        run: Run::Open(error_document_page),
    },
];

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

fn document(_: &str, _: &Query) -> Outcome {
    Ok(text(openapi::text(ROUTES), "application/json"))
}

fn document_page(_: &str, query: &Query) -> Outcome {
    viewer::page(ROUTES, query).map(kept)
}

fn error_document_page(word: &str, query: &Query) -> Outcome {
    viewer::error_page(ROUTES, word, query).map(kept)
}

fn error_page(word: &str, _: &Query) -> Outcome {
    let code = Code::parse(word).ok_or_else(|| problem::Problem::from(Code::NotFound))?;
    Ok(text(code.page(), "text/markdown; charset=utf-8"))
}

/// An answer that is nobody's secret.
fn text(text: String, media: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    kept(response)
}

/// An answer that is the same for everybody until the program is another.
fn kept(mut response: Response) -> Response {
    let kept = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(CACHE_CONTROL, kept);
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
