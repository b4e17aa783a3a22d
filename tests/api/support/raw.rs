//! Requests byte for byte, also malformed ones.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// The reply to raw bytes.
#[derive(Debug)]
pub struct RawReply {
    pub status: u16,
    pub text: String,
}

/// Sends these bytes, and reads the one reply to them.
pub fn send_raw(address: &str, request: &[u8]) -> RawReply {
    try_send(address, request).expect("no answer")
}

/// The same, where the server may close the connection instead.
pub fn try_send(address: &str, request: &[u8]) -> Option<RawReply> {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream.write_all(request).ok()?;
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(answer) = whole(&bytes) {
            return Some(answer);
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// The reply, if it is complete.
fn whole(bytes: &[u8]) -> Option<RawReply> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    if body.len() < length.unwrap_or(0) {
        return None;
    }
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(RawReply { status, text: body.to_owned() })
}
