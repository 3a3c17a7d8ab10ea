//! Requests, and tells what came.

use crate::options::Options;
use peer_common::{Outcome, pattern};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connecting, Connection, ConnectionError, Endpoint};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

pub async fn request(options: &Options) -> Outcome {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&options.ca)? {
        roots.add(certificate?)?;
    }
    let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.enable_early_data = options.early;
    tls.alpn_protocols = vec![options.alpn.clone().into_bytes()];
    let config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    let mut endpoint = Endpoint::client(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    endpoint.set_default_client_config(config);
    let (mut bytes, mut datagrams) = (0, 0);
    for _ in 0..options.connections {
        (bytes, datagrams) = connect_once(&endpoint, options).await?;
    }
    let ok = bytes == options.bytes;
    println!("{{\"event\":\"done\",\"ok\":{ok},\"bytes\":{bytes},\"datagrams\":{datagrams}}}");
    let _ = tokio::time::timeout(Duration::from_secs(1), endpoint.wait_idle()).await;
    Ok(())
}

async fn connect_once(endpoint: &Endpoint, options: &Options) -> Result<(u64, u32), Box<dyn Error>> {
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let connection = open(endpoint.connect(server, "localhost")?, options.early).await?;
    if options.key_update {
        tokio::spawn(crate::update_key(connection.clone()));
    }
    if options.migrate {
        tokio::spawn(rebind(endpoint.clone()));
    }
    let datagrams = exchange(&connection, options.datagrams).await?;
    let bytes = match download(&connection, options).await {
        // It takes back what was sent, and leaves it to the application to ask again.
        Err(error) if options.early && connection.close_reason().is_none() => {
            println!("{{\"event\":\"again\",\"reason\":{:?}}}", error.to_string());
            download(&connection, options).await?
        }
        result => result?,
    };
    // The ticket may come behind the answer.
    tokio::time::sleep(Duration::from_millis(20)).await;
    connection.close(0u8.into(), b"done");
    Ok((bytes, datagrams))
}

/// With 0-RTT as soon as there is a ticket that allows it.
async fn open(connecting: Connecting, early: bool) -> Result<Connection, ConnectionError> {
    let connecting = if early {
        match connecting.into_0rtt() {
            Ok((connection, accepted)) => {
                tokio::spawn(async move {
                    println!("{{\"event\":\"handshake\",\"early\":{}}}", accepted.await);
                });
                return Ok(connection);
            }
            Err(connecting) => connecting,
        }
    } else {
        connecting
    };
    let connection = connecting.await?;
    println!("{{\"event\":\"handshake\"}}");
    Ok(connection)
}

/// To another port; quinn keeps its connection ID as in a NAT's rebinding, but it knows of the change.
async fn rebind(endpoint: Endpoint) {
    tokio::time::sleep(Duration::from_millis(20)).await;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
    match socket.and_then(|socket| endpoint.rebind(socket)) {
        Ok(()) => println!("{{\"event\":\"migrated\"}}"),
        Err(error) => println!("{{\"event\":\"error\",\"reason\":{:?}}}", error.to_string()),
    }
}

async fn exchange(connection: &Connection, count: u32) -> Result<u32, Box<dyn Error>> {
    for i in 0..count {
        connection.send_datagram(vec![i as u8; 500].into())?;
    }
    let mut echoed = 0;
    while echoed < count {
        let datagram = tokio::time::timeout(Duration::from_secs(5), connection.read_datagram()).await??;
        echoed += u32::from(datagram.len() == 500);
    }
    Ok(echoed)
}

async fn download(connection: &Connection, options: &Options) -> Result<u64, Box<dyn Error>> {
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(&options.bytes.to_be_bytes()).await?;
    send.finish()?;
    if options.alpn == "perf" {
        return Ok(pattern::read(&mut receive).await?);
    }
    // An echo of the request.
    let echoed = receive.read_to_end(8).await?;
    Ok(if echoed == options.bytes.to_be_bytes() { options.bytes } else { 0 })
}
