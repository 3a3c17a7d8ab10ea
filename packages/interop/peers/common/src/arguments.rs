//! The command line: a role, then flags.

use std::env::{Args, args};
use std::iter::Skip;
use std::str::FromStr;

#[derive(Clone, Copy, PartialEq)]
pub enum Role {
    Client,
    Server,
}

/// The words behind the name of the program, read one by one.
pub struct Arguments {
    rest: Skip<Args>,
    flag: String,
}

impl Arguments {
    pub fn new() -> Self {
        Arguments { rest: args().skip(1), flag: String::new() }
    }

    pub fn role(&mut self) -> Result<Role, String> {
        match self.rest.next().as_deref() {
            Some("server") => Ok(Role::Server),
            Some("client") => Ok(Role::Client),
            _ => Err("the first argument is `server` or `client`".into()),
        }
    }

    pub fn flag(&mut self) -> Option<String> {
        self.flag = self.rest.next()?;
        Some(self.flag.clone())
    }

    /// What stands behind the flag that was read last.
    pub fn value<T: FromStr>(&mut self) -> Result<T, String> {
        let flag = &self.flag;
        let text = self.rest.next().ok_or(format!("{flag} wants a value"))?;
        text.parse().map_err(|_| format!("{flag} {text:?} is not valid"))
    }
}

impl Default for Arguments {
    fn default() -> Self {
        Arguments::new()
    }
}
