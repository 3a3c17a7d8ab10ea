//! A QUIC peer on quinn, which `mpq interop` drives: see src/quic/quic-peer.ts for its arguments and events.

mod client;
mod options;
mod server;

use options::Options;
use peer_common::{Arguments, Role, run};
use quinn::Connection;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options::parse(&mut Arguments::new());
    run("quinn-peer", options, async |options| match options.role {
        Role::Server => server::serve(&options).await,
        Role::Client => client::request(&options).await,
    })
    .await;
}

/// Updates keys as soon as the handshake is confirmed.
pub async fn update_key(connection: Connection) {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    connection.force_key_update();
    println!("{{\"event\":\"key_update\"}}");
}
