//! Client and server.

use crate::options::Options;
use crate::paths::{self, Paths};
use peer_common::{Outcome, pattern};
use noq::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use noq::{ClientConfig, Connection, Endpoint, ServerConfig, TransportConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const ALPN: &[u8] = b"perf";
const MAX_PATHS: u32 = 4;
/// A path that is silent for so long is abandoned; noq sends what was lost on it again then.
const PATH_TIMEOUT: Duration = Duration::from_millis(1000);
const PATH_KEEP_ALIVE: Duration = Duration::from_millis(300);


pub async fn serve(options: &Options) -> Outcome {
    let chain = CertificateDer::pem_file_iter(&options.cert)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&options.key)?;
    let mut tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let mut config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    config.transport_config(transport());
    let endpoint = Endpoint::server(config, options.address)?;
    println!("{{\"event\":\"listening\",\"port\":{}}}", endpoint.local_addr()?.port());
    while let Some(incoming) = endpoint.accept().await {
        let connection = incoming.await?;
        let paths = Paths::default();
        announce(&connection, &paths, options);
        serve_streams(&connection).await;
        let reason = connection.closed().await.to_string();
        println!("{{\"event\":\"closed\",\"reason\":{reason:?},\"paths\":{}}}", paths.report());
    }
    Ok(())
}

async fn serve_streams(connection: &Connection) {
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        tokio::spawn(async move {
            let mut request = [0; 8];
            if receive.read_exact(&mut request).await.is_err() {
                return;
            }
            let length = u64::from_be_bytes(request);
            if pattern::write(&mut send, length).await.is_ok() && send.finish().is_ok() {
                println!("{{\"event\":\"served\",\"bytes\":{length}}}");
            }
        });
    }
}

pub async fn request(options: &Options) -> Outcome {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&options.ca)? {
        roots.add(certificate?)?;
    }
    let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.transport_config(transport());
    let endpoint = Endpoint::client(SocketAddr::from(([0, 0, 0, 0], 0)))?;
    endpoint.set_default_client_config(config);
    let connection = endpoint.connect(options.address, &options.name)?.await?;
    let paths = Paths::default();
    announce(&connection, &paths, options);
    connection.handshake_confirmed().await?;
    if let Some(local) = options.second {
        for _ in 0..options.churn {
            paths::open(&connection, options.address, local).await?.close()?;
        }
        let path = paths::open(&connection, options.address, local).await?;
        println!("{{\"event\":\"opened\",\"id\":{}}}", path.id());
    }
    let bytes = download(&connection, options.bytes).await? + download(&connection, 1000).await?;
    let ok = bytes == options.bytes + 1000;
    println!("{{\"event\":\"done\",\"ok\":{ok},\"bytes\":{bytes},\"paths\":{}}}", paths.report());
    connection.close(0u8.into(), b"done");
    let _ = tokio::time::timeout(Duration::from_secs(1), endpoint.wait_all_draining()).await;
    Ok(())
}

async fn download(connection: &Connection, length: u64) -> Result<u64, Box<dyn Error>> {
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(&length.to_be_bytes()).await?;
    send.finish()?;
    Ok(pattern::read(&mut receive).await?)
}

fn announce(connection: &Connection, paths: &Paths, options: &Options) {
    let multipath = connection.is_multipath_enabled();
    println!("{{\"event\":\"handshake\",\"multipath\":{multipath}}}");
    paths.watch(connection, options);
}

fn transport() -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
    transport.max_concurrent_multipath_paths(MAX_PATHS);
    transport.default_path_keep_alive_interval(Some(PATH_KEEP_ALIVE));
    transport.default_path_max_idle_timeout(Some(PATH_TIMEOUT));
    Arc::new(transport)
}
