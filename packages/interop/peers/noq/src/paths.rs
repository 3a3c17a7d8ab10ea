//! What is done with paths, and told of them.

use crate::options::Options;
use noq::{Connection, FourTuple, Path, PathError, PathEvent, PathId, PathStatus};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_stream::StreamExt;

/// The paths of a connection. Their figures live as long as they are held here.
#[derive(Clone, Default)]
pub struct Paths(Arc<Mutex<Vec<Path>>>);

impl Paths {
    /// Prints each path event from now on, and acts on path 1 as the options say.
    pub fn watch(&self, connection: &Connection, options: &Options) {
        let paths = self.clone();
        let connection = connection.clone();
        let options = options.clone();
        paths.keep(&connection, PathId::ZERO);
        let mut events = connection.path_events();
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Ok(PathEvent::Established { id, .. }) => {
                        tell("established", id, "");
                        paths.keep(&connection, id);
                        if id != PathId::ZERO {
                            act(&connection, id, &options);
                        }
                    }
                    Ok(PathEvent::Abandoned { id, reason, .. }) => {
                        tell("abandoned", id, &format!("{reason:?}"));
                    }
                    Ok(PathEvent::Discarded { id, .. }) => tell("discarded", id, ""),
                    Ok(PathEvent::RemoteStatus { id, status, .. }) => {
                        tell("status", id, &format!("{status:?}"));
                    }
                    _ => {}
                }
            }
        });
    }

    fn keep(&self, connection: &Connection, id: PathId) {
        if let Some(path) = connection.path(id) {
            let mut paths = self.0.lock().expect("no panic holds it");
            if paths.iter().all(|other| other.id() != id) {
                paths.push(path);
            }
        }
    }

    /// Octets of UDP payload by path, as a JSON array.
    pub fn report(&self) -> String {
        let paths = self.0.lock().expect("no panic holds it");
        let rows: Vec<String> = paths
            .iter()
            .map(|path| {
                let stats = path.stats();
                let (sent, received) = (stats.udp_tx.bytes, stats.udp_rx.bytes);
                format!("{{\"id\":{},\"sent\":{sent},\"received\":{received}}}", path.id())
            })
            .collect();
        format!("[{}]", rows.join(","))
    }
}

fn act(connection: &Connection, id: PathId, options: &Options) {
    let Some(path) = connection.path(id) else { return };
    if options.key_update {
        connection.force_key_update();
        println!("{{\"event\":\"key_update\"}}");
    }
    if options.backup {
        let result = path.set_status(PathStatus::Backup);
        println!("{{\"event\":\"set_backup\",\"ok\":{}}}", result.is_ok());
    }
    if options.abandon {
        let result = path.close();
        println!("{{\"event\":\"close_path\",\"ok\":{}}}", result.is_ok());
    }
}

/// Opens a path from `local`, as soon as limits and connection IDs allow it.
pub async fn open(connection: &Connection, remote: SocketAddr, local: IpAddr) -> Result<Path, PathError> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let tuple = FourTuple::new(remote, Some(local));
        match connection.open_path(tuple, PathStatus::Available).await {
            Err(PathError::RemoteCidsExhausted | PathError::MaxPathIdReached) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            result => return result,
        }
    }
}

fn tell(what: &str, id: PathId, detail: &str) {
    println!("{{\"event\":\"path\",\"type\":{what:?},\"id\":{},\"detail\":{detail:?}}}", id);
}
