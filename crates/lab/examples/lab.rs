//! Serves the lab alone until stopped: `cargo run -p fiveone-lab --example lab [address]`.

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut options = fiveone_lab::Options::default();
    if let Some(address) = std::env::args().nth(1) {
        options.listen = address.parse().map_err(std::io::Error::other)?;
    }
    let lab = fiveone_lab::start(options).await?;
    eprintln!("the lab is at {}", lab.base());
    tokio::signal::ctrl_c().await?;
    lab.stop().await;
    Ok(())
}
