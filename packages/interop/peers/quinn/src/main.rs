//! A QUIC peer on quinn, which `mpq interop` drives: see src/quic/quic-peer.ts for its arguments and events.

mod client;
mod options;
mod pattern;
mod server;

use options::{Options, Role};
use quinn::Connection;
use std::error::Error;

pub type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("quinn-peer: {message}");
            std::process::exit(2);
        }
    };
    let result = match options.role {
        Role::Server => server::serve(&options).await,
        Role::Client => client::request(&options).await,
    };
    if let Err(error) = result {
        println!("{{\"event\":\"error\",\"reason\":{:?}}}", error.to_string());
        std::process::exit(1);
    }
}

/// Updates keys as soon as the handshake is confirmed.
pub async fn update_key(connection: Connection) {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    connection.force_key_update();
    println!("{{\"event\":\"key_update\"}}");
}
