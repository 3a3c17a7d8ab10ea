//! The command line.

use peer_common::{Arguments, Role};
use std::net::{IpAddr, SocketAddr};

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
    pub fn parse(arguments: &mut Arguments) -> Result<Self, String> {
        let mut options = Options {
            role: arguments.role()?,
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
        while let Some(flag) = arguments.flag() {
            match flag.as_str() {
                "--listen" | "--connect" => options.address = arguments.value()?,
                "--cert" => options.cert = arguments.value()?,
                "--key" => options.key = arguments.value()?,
                "--ca" => options.ca = arguments.value()?,
                "--name" => options.name = arguments.value()?,
                "--second" => options.second = Some(arguments.value()?),
                "--bytes" => options.bytes = arguments.value()?,
                "--churn" => options.churn = arguments.value()?,
                "--key-update" => options.key_update = true,
                "--backup" => options.backup = true,
                "--abandon" => options.abandon = true,
                _ => return Err(format!("unknown option {flag}")),
            }
        }
        Ok(options)
    }
}
