//! A small HTTP/1.1 client: one connection that is kept, so that what is timed is the service.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::Result;

/// Somebody who is logged in, on a connection of his own.
pub struct Client {
    address: String,
    stream: BufReader<TcpStream>,
    /// When the connection was used last: the service closes one that is idle for long.
    used: Instant,
    /// His access token.
    pub token: String,
}

/// How long a connection is idle at most.
const IDLE: Duration = Duration::from_secs(2);

fn connect(address: &str) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address.trim_start_matches("http://"))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

impl Client {
    /// Logs in at a service (`http://127.0.0.1:8080`).
    pub fn log_in(address: &str, email: &str, password: &str) -> Result<Self> {
        let (address, stream) = (address.to_owned(), connect(address)?);
        let mut client = Self { address, stream, used: Instant::now(), token: String::new() };
        let body = serde_json::json!({"email": email, "password": password}).to_string();
        let answer = client.send("POST", "/auth/login", &body)?;
        let answer: Value = serde_json::from_slice(&answer)?;
        client.token = answer["access_token"].as_str().ok_or("no token")?.to_owned();
        Ok(client)
    }

    /// Sends JSON to a path.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let mut answer = Vec::new();
        self.request(method, path, body, &mut answer)?;
        Ok(answer)
    }

    /// Gets a path, and writes the body of the answer as it comes.
    pub fn get_into(&mut self, path: &str, body: &mut impl Write) -> Result<()> {
        self.request("GET", path, "", body)
    }

    fn request(&mut self, method: &str, path: &str, body: &str, to: &mut impl Write) -> Result<()> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n");
        if !self.token.is_empty() {
            head += &format!("Authorization: Bearer {}\r\n", self.token);
        }
        if !body.is_empty() {
            let length = body.len();
            head += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        head += "\r\n";
        if self.used.elapsed() > IDLE {
            self.stream = connect(&self.address)?;
        }
        self.stream.get_mut().write_all(head.as_bytes())?;
        self.stream.get_mut().write_all(body.as_bytes())?;
        let answer = self.read(to);
        self.used = Instant::now();
        answer.map_err(|error| format!("{method} {path}: {error}").into())
    }

    /// Gets a path.
    pub fn get(&mut self, path: &str) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        self.get_into(path, &mut body)?;
        Ok(body)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        if line.is_empty() {
            return Err("the service closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Reads an answer: 200 or 201, with its length said or in chunks (RFC 9112, section 7.1).
    fn read(&mut self, body: &mut impl Write) -> Result<()> {
        let status = self.line()?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(':') {
                None => break,
                Some(("content-length", value)) => length = value.trim().parse()?,
                Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
                Some(_) => {}
            }
        }
        if !chunked {
            self.copy(length, body)?;
        }
        while chunked {
            let size = u64::from_str_radix(&self.line()?, 16)?;
            self.copy(size, body)?;
            self.line_end()?;
            chunked = size > 0;
        }
        if status.contains(" 20") { Ok(()) } else { Err(status.into()) }
    }

    fn copy(&mut self, length: u64, to: &mut impl Write) -> Result<()> {
        let copied = std::io::copy(&mut self.stream.by_ref().take(length), to)?;
        if copied == length { Ok(()) } else { Err("the answer was broken off".into()) }
    }

    fn line_end(&mut self) -> Result<()> {
        let mut end = [0; 2];
        Ok(self.stream.read_exact(&mut end)?)
    }
}
