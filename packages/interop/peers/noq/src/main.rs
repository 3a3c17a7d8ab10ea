//! A multipath QUIC peer on noq (draft-ietf-quic-multipath with certificates), which `mpq interop` drives.
//!
//!     noq-peer server --listen 127.0.0.1:4433 --cert chain.pem --key key.pem [ACTION]...
//!     noq-peer client --connect 127.0.0.1:4433 --ca ca.pem --name localhost --second 127.0.0.2 [--bytes N] [ACTION]...
//!
//! Actions, done once path 1 is there: --key-update, --backup, --abandon, --churn N (client: N paths one after the
//! other). ALPN `perf`: eight octets of a length in network order are answered with so many octets of a pattern.
//! Every event is one line of JSON on standard output.

mod options;
mod paths;
mod roles;

use options::Options;
use peer_common::{Arguments, Role, run};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options::parse(&mut Arguments::new());
    run("noq-peer", options, async |options| match options.role {
        Role::Server => roles::serve(&options).await,
        Role::Client => roles::request(&options).await,
    })
    .await;
}
