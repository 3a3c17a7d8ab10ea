//! What the peers in Rust share.

mod arguments;
pub mod pattern;

pub use arguments::{Arguments, Role};
use std::error::Error;
use std::process::exit;

pub type Outcome = Result<(), Box<dyn Error>>;

/// Runs a peer to its end. Wrong usage is one line and status 2, a failed run an event and status 1.
pub async fn run<O>(name: &str, options: Result<O, String>, peer: impl AsyncFnOnce(O) -> Outcome) {
    let options = options.unwrap_or_else(|message| {
        eprintln!("{name}: {message}");
        exit(2);
    });
    if let Err(error) = peer(options).await {
        println!("{{\"event\":\"error\",\"reason\":{:?}}}", error.to_string());
        exit(1);
    }
}
