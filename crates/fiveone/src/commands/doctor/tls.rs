//! TLS of the node: the key fits, the chain is whole, it is for the public addresses, and how many days
//! it has.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};
use url::Url;

use super::finding::Finding;
use crate::config::Server;

const NAME: &str = "TLS";
const DAY_SECS: u64 = 24 * 60 * 60;
/// Whoever renews by a program has done it by then.
const DAYS_MIN: u64 = 21;
/// A certificate of today has expired by then, so that its end is told.
const FAR_SECS: u64 = 1000 * 365 * DAY_SECS;

/// Nothing when the node speaks plain HTTP to itself, but for a doubt when the world can see that.
pub(super) fn look(server: &Server) -> Vec<Finding> {
    let Some(tls) = &server.tls else {
        if server.listen.ip().is_loopback() {
            return vec![Finding::good(NAME, "off; only this machine can reach the port")];
        }
        let told = format!("off, and {} is open to others than this machine", server.listen);
        let fix = "FIVEONE_SERVER_LISTEN=127.0.0.1:8051 fiveone serve    # behind a proxy with TLS";
        return vec![Finding::doubtful(NAME, told, fix)];
    };
    let (cert, key) = (tls.cert.display(), tls.key.display());
    let chain =
        CertificateDer::pem_file_iter(&tls.cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = match chain {
        Ok(chain) if !chain.is_empty() => chain,
        Ok(_) => {
            return vec![Finding::bad(
                NAME,
                format!("{cert}: no certificate"),
                format!("file {cert}"),
            )];
        }
        Err(error) => {
            return vec![Finding::bad(NAME, format!("{cert}: {error}"), format!("ls -l {cert}"))];
        }
    };
    let private = match PrivateKeyDer::from_pem_file(&tls.key) {
        Ok(private) => private,
        Err(error) => {
            return vec![Finding::bad(NAME, format!("{key}: {error}"), format!("ls -l {key}"))];
        }
    };
    let built = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain.clone(), private);
    if let Err(error) = built {
        let fix = format!("openssl x509 -noout -pubkey -in {cert}; openssl pkey -pubout -in {key}");
        return vec![Finding::bad(NAME, format!("key and certificate: {error}"), fix)];
    }
    let hosts = server.web.public_bases.iter().filter_map(|base| {
        let url = Url::parse(base).ok().filter(|url| url.scheme() == "https")?;
        url.host_str().map(str::to_owned)
    });
    of_chain(&chain, &hosts.collect::<Vec<_>>(), &cert.to_string(), UnixTime::now())
}

fn of_chain(
    chain: &[CertificateDer<'static>],
    hosts: &[String],
    file: &str,
    now: UnixTime,
) -> Vec<Finding> {
    let show =
        format!("openssl x509 -noout -issuer -subject -dates -ext subjectAltName -in {file}");
    let Some(verifier) = verifier(chain) else {
        return vec![Finding::bad(NAME, "the last certificate of the chain is no issuer", show)];
    };
    let mut findings = Vec::new();
    match ends(&verifier, chain, now) {
        Ok(secs) if secs <= now.as_secs() => {
            findings.push(Finding::bad(NAME, "the certificate has expired", "certbot renew"));
        }
        Ok(secs) => {
            let days = (secs - now.as_secs()) / DAY_SECS;
            let told = format!("{days} days left");
            findings.push(match days {
                0..DAYS_MIN => Finding::doubtful(NAME, told, "certbot renew"),
                _ => Finding::good(NAME, told),
            });
        }
        Err(CertificateError::UnknownIssuer) => {
            let told = "the certificate of the issuer is missing behind that of the node";
            let fix = format!("cat {file} intermediate.pem > fullchain.pem    # server.tls_cert");
            findings.push(Finding::bad(NAME, told, fix));
            return findings;
        }
        Err(error) => {
            findings.push(Finding::bad(NAME, format!("{error:?}"), show));
            return findings;
        }
    }
    for host in hosts {
        let error = verify(&verifier, chain, host, now).err();
        if let Some(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) = error
        {
            let told = format!("not for {host} of server.public_bases");
            findings.push(Finding::bad(NAME, told, show.clone()));
        }
    }
    if chain.len() == 1 {
        let told = "signed by itself: every app has to be told to trust it";
        findings.push(Finding::doubtful(NAME, told, "certbot certonly --standalone"));
    }
    findings
}

/// Trusts the chain's last certificate: what is wrong then is the chain's own fault.
fn verifier(chain: &[CertificateDer<'static>]) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add(chain.last()?.clone()).ok()?;
    WebPkiServerVerifier::builder(Arc::new(roots)).build().ok()
}

/// When the first certificate of the chain ends.
fn ends(
    verifier: &WebPkiServerVerifier,
    chain: &[CertificateDer<'static>],
    now: UnixTime,
) -> Result<u64, CertificateError> {
    let mut at = now.as_secs() + FAR_SECS;
    // Each certificate can be the one that is told of once.
    for _ in 0..=chain.len() {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(at));
        match verify(verifier, chain, "fiveone.invalid", time) {
            Err(CertificateError::ExpiredContext { not_after, .. }) => at = not_after.as_secs(),
            Ok(())
            | Err(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(at)
}

fn verify(
    verifier: &WebPkiServerVerifier,
    chain: &[CertificateDer<'static>],
    host: &str,
    time: UnixTime,
) -> Result<(), CertificateError> {
    let (Some((own, others)), Ok(name)) = (chain.split_first(), ServerName::try_from(host)) else {
        return Err(CertificateError::BadEncoding);
    };
    match verifier.verify_server_cert(own, others, &name, &[], time) {
        Ok(_) => Ok(()),
        Err(Error::InvalidCertificate(error)) => Err(error),
        Err(_) => Err(CertificateError::BadEncoding),
    }
}
