//! Traces by OTLP: a span for each call, task, step of a connector and request to a portal. Spans hold
//! ids, names of ours and statuses; nothing that a person typed or a portal showed.

use std::time::Duration;

use async_trait::async_trait;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use url::Url;

use crate::exit::Failed;

/// How long a batch may take to be sent; what cannot be is dropped, and nobody waits for it.
const BATCH_FOR: Duration = Duration::from_secs(10);

/// The way to a collector.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to collect spans for an address.
    ///
    /// # Errors
    /// There is no HTTP client.
    pub(crate) fn to(address: &Url) -> Result<Self, Failed> {
        let http = reqwest::Client::builder().no_proxy().timeout(BATCH_FOR).build()?;
        let runtime = tokio::runtime::Handle::current();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender { http, runtime })
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(address.as_str())
            .with_timeout(BATCH_FOR)
            .build()?;
        let resource = Resource::builder_empty().with_service_name("fiveone").build();
        let provider = SdkTracerProvider::builder().with_resource(resource);
        Ok(Self(provider.with_batch_exporter(exporter).build()))
    }

    /// What spans are given to.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.0.tracer("fiveone")
    }

    /// Sends what is left.
    pub(crate) async fn stop(self) {
        // It waits for a thread of its own.
        let stopped = tokio::task::spawn_blocking(move || self.0.shutdown()).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(error = %error, "the last traces are not sent");
        }
    }
}

/// Sends batches by the HTTP client that everything else uses, on our runtime: the collector's thread
/// has none.
#[derive(Debug)]
struct Sender {
    http: reqwest::Client,
    runtime: tokio::runtime::Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(
        &self,
        request: opentelemetry_http::Request<Bytes>,
    ) -> Result<opentelemetry_http::Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let http = self.http.clone();
        let sending = self.runtime.spawn(async move {
            let answer = http.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = sending.await??;
        let mut answer = opentelemetry_http::Response::new(body);
        *answer.status_mut() = status;
        Ok(answer)
    }
}

/// A span for a request, which goes on the trace that its `traceparent` tells of.
pub(crate) async fn follow(request: Request, next: Next) -> Response {
    let span = tracing::info_span!("request");
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
    // It can only fail where nothing is traced.
    drop(span.set_parent(parent));
    next.run(request).instrument(span).await
}
