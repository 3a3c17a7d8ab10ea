//! The command line.

use peer_common::{Arguments, Role};
#[derive(Clone)]
pub struct Options {
    pub role: Role,
    pub port: u16,
    pub cert: String,
    pub key: String,
    pub ca: String,
    pub alpn: String,
    /// Octets to request.
    pub bytes: u64,
    /// Connections, one after the other.
    pub connections: u32,
    pub datagrams: u32,
    pub retry: bool,
    pub key_update: bool,
    pub migrate: bool,
    pub early: bool,
}

impl Options {
    pub fn parse(arguments: &mut Arguments) -> Result<Self, String> {
        let mut options = Options {
            role: arguments.role()?,
            port: 0,
            cert: String::new(),
            key: String::new(),
            ca: String::new(),
            alpn: "perf".into(),
            bytes: 0,
            connections: 1,
            datagrams: 0,
            retry: false,
            key_update: false,
            migrate: false,
            early: false,
        };
        while let Some(flag) = arguments.flag() {
            match flag.as_str() {
                "--port" => options.port = arguments.value()?,
                "--cert" => options.cert = arguments.value()?,
                "--key" => options.key = arguments.value()?,
                "--ca" => options.ca = arguments.value()?,
                "--alpn" => options.alpn = arguments.value()?,
                "--bytes" => options.bytes = arguments.value()?,
                "--connections" => options.connections = arguments.value()?,
                "--datagrams" => options.datagrams = arguments.value()?,
                "--retry" => options.retry = true,
                "--key-update" => options.key_update = true,
                "--migrate" => options.migrate = true,
                "--early" => options.early = true,
                // It knows version 1 only.
                "--versions" | "--first-version" => drop(arguments.value::<String>()?),
                _ => return Err(format!("unknown option {flag}")),
            }
        }
        Ok(options)
    }
}
