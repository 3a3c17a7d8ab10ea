//! The octets of the `perf` protocol: at offset o stands ((o mod 251) * 7 + 1) mod 256.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const PERIOD: usize = 251;
const CHUNK: usize = 65_536;

fn table() -> Vec<u8> {
    (0..CHUNK + PERIOD).map(|o| ((o % PERIOD) * 7 + 1) as u8).collect()
}

pub async fn write(stream: &mut (impl AsyncWrite + Unpin), length: u64) -> io::Result<()> {
    let table = table();
    let mut offset = 0;
    while offset < length {
        let start = (offset % PERIOD as u64) as usize;
        let count = CHUNK.min((length - offset) as usize);
        stream.write_all(&table[start..start + count]).await?;
        offset += count as u64;
    }
    Ok(())
}

/// Octets up to the end of the stream, each of which was right.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<u64, String> {
    let table = table();
    let mut offset = 0u64;
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = stream.read(&mut buffer).await.map_err(|error| error.to_string())?;
        if count == 0 {
            return Ok(offset);
        }
        let start = (offset % PERIOD as u64) as usize;
        if buffer[..count] != table[start..start + count] {
            return Err(format!("wrong octets behind {offset}"));
        }
        offset += count as u64;
    }
}
