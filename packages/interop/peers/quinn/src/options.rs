//! The command line.

#[derive(Clone, Copy, PartialEq)]
pub enum Role {
    Client,
    Server,
}

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
    pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let role = match args.next().as_deref() {
            Some("server") => Role::Server,
            Some("client") => Role::Client,
            _ => return Err("the first argument is `server` or `client`".into()),
        };
        let mut options = Options {
            role,
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
        while let Some(flag) = args.next() {
            let mut value = || args.next().ok_or(format!("{flag} wants a value"));
            match flag.as_str() {
                "--port" => options.port = parsed(&flag, &value()?)?,
                "--cert" => options.cert = value()?,
                "--key" => options.key = value()?,
                "--ca" => options.ca = value()?,
                "--alpn" => options.alpn = value()?,
                "--bytes" => options.bytes = parsed(&flag, &value()?)?,
                "--connections" => options.connections = parsed(&flag, &value()?)?,
                "--datagrams" => options.datagrams = parsed(&flag, &value()?)?,
                "--retry" => options.retry = true,
                "--key-update" => options.key_update = true,
                "--migrate" => options.migrate = true,
                "--early" => options.early = true,
                // It knows version 1 only.
                "--versions" | "--first-version" => drop(value()?),
                _ => return Err(format!("unknown option {flag}")),
            }
        }
        Ok(options)
    }
}

fn parsed<T: std::str::FromStr>(flag: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{flag} {text:?} is not valid"))
}
