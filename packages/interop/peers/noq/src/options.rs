//! The command line.

use std::net::{IpAddr, SocketAddr};

#[derive(Clone, Copy, PartialEq)]
pub enum Role {
    Client,
    Server,
}

#[derive(Clone)]
pub struct Options {
    pub role: Role,
    /// Where to listen, or whom to connect to.
    pub address: SocketAddr,
    pub cert: String,
    pub key: String,
    pub ca: String,
    pub name: String,
    /// Local address of path 1.
    pub second: Option<IpAddr>,
    /// Octets to request.
    pub bytes: u64,
    pub key_update: bool,
    pub backup: bool,
    pub abandon: bool,
    /// Paths to open and abandon one after the other.
    pub churn: u32,
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
            address: SocketAddr::from(([127, 0, 0, 1], 4433)),
            cert: String::new(),
            key: String::new(),
            ca: String::new(),
            name: "localhost".into(),
            second: None,
            bytes: 1000,
            key_update: false,
            backup: false,
            abandon: false,
            churn: 0,
        };
        while let Some(flag) = args.next() {
            let mut value = || args.next().ok_or(format!("{flag} wants a value"));
            match flag.as_str() {
                "--listen" | "--connect" => options.address = parsed(&flag, &value()?)?,
                "--cert" => options.cert = value()?,
                "--key" => options.key = value()?,
                "--ca" => options.ca = value()?,
                "--name" => options.name = value()?,
                "--second" => options.second = Some(parsed(&flag, &value()?)?),
                "--bytes" => options.bytes = parsed(&flag, &value()?)?,
                "--churn" => options.churn = parsed(&flag, &value()?)?,
                "--key-update" => options.key_update = true,
                "--backup" => options.backup = true,
                "--abandon" => options.abandon = true,
                _ => return Err(format!("unknown option {flag}")),
            }
        }
        Ok(options)
    }
}

fn parsed<T: std::str::FromStr>(flag: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{flag} {text:?} is not valid"))
}
