//! Serves `perf`, or echoes.

use crate::options::Options;
use peer_common::{Outcome, pattern};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Connection, Endpoint, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;

pub async fn serve(options: &Options) -> Outcome {
    let chain = CertificateDer::pem_file_iter(&options.cert)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&options.key)?;
    let mut tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    // RFC 9001 §4.6.1: 0-RTT, or none.
    tls.max_early_data_size = if options.early { u32::MAX } else { 0 };
    tls.alpn_protocols = vec![options.alpn.clone().into_bytes()];
    let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    let endpoint = Endpoint::server(config, SocketAddr::from(([127, 0, 0, 1], options.port)))?;
    println!("{{\"event\":\"listening\"}}");
    while let Some(incoming) = endpoint.accept().await {
        if options.retry && !incoming.remote_address_validated() {
            incoming.retry()?;
            continue;
        }
        let connection = incoming.await?;
        println!("{{\"event\":\"handshake\"}}");
        if options.key_update {
            tokio::spawn(crate::update_key(connection.clone()));
        }
        tokio::spawn(echo_datagrams(connection.clone()));
        tokio::spawn(serve_streams(connection, options.alpn == "perf"));
    }
    Ok(())
}

async fn echo_datagrams(connection: Connection) {
    while let Ok(datagram) = connection.read_datagram().await {
        if connection.send_datagram(datagram).is_err() {
            return;
        }
    }
}

async fn serve_streams(connection: Connection, perf: bool) {
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        tokio::spawn(async move {
            let Ok(request) = receive.read_to_end(1 << 20).await else { return };
            let length: Option<[u8; 8]> = request.as_slice().try_into().ok();
            let _ = match length {
                Some(length) if perf => pattern::write(&mut send, u64::from_be_bytes(length)).await,
                _ => send.write_all(&request).await.map_err(Into::into),
            };
            let _ = send.finish();
        });
    }
}
