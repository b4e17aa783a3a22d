//! A small HTTP/1.1 client with one persistent connection, so that the service is what is timed.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::error::Result;

/// A logged-in user, on a connection of their own.
pub struct Client {
    address: String,
    stream: BufReader<TcpStream>,
    /// When the connection was last used: the service closes one that is idle for long.
    last_used: Instant,
    /// The access token.
    pub token: String,
}

/// After how long an idle connection is opened again.
const IDLE: Duration = Duration::from_secs(2);

fn connect(address: &str) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address.trim_start_matches("http://"))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

impl Client {
    /// Logs in to a service (`http://127.0.0.1:8080`).
    pub fn log_in(address: &str, email: &str, password: &str) -> Result<Self> {
        let (address, stream) = (address.to_owned(), connect(address)?);
        let mut client = Self { address, stream, last_used: Instant::now(), token: String::new() };
        let body = serde_json::json!({"email": email, "password": password}).to_string();
        let response = client.send("POST", "/auth/login", &body)?;
        let response: Value = serde_json::from_slice(&response)?;
        client.token = response["access_token"].as_str().ok_or("no token")?.to_owned();
        Ok(client)
    }

    /// Sends JSON to a path, and returns the body of the response.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let mut response = Vec::new();
        self.request(method, path, body, &mut response)?;
        Ok(response)
    }

    /// Gets a path, and writes the body of the response as it arrives.
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
        if self.last_used.elapsed() > IDLE {
            self.stream = connect(&self.address)?;
        }
        self.stream.get_mut().write_all(head.as_bytes())?;
        self.stream.get_mut().write_all(body.as_bytes())?;
        let read = self.read(to);
        self.last_used = Instant::now();
        read.map_err(|error| format!("{method} {path}: {error}").into())
    }

    /// Gets a path, and returns the body of the response.
    pub fn get(&mut self, path: &str) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        self.get_into(path, &mut body)?;
        Ok(body)
    }

    fn read_line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        if line.is_empty() {
            return Err("the service closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Reads a response, which has a `Content-Length` or is chunked (RFC 9112, section 7.1). A status
    /// other than 2xx is an error.
    fn read(&mut self, body: &mut impl Write) -> Result<()> {
        let status = self.read_line()?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.read_line()?.to_ascii_lowercase();
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
            let size = u64::from_str_radix(&self.read_line()?, 16)?;
            self.copy(size, body)?;
            self.read_line_end()?;
            chunked = size > 0;
        }
        if status.contains(" 20") { Ok(()) } else { Err(status.into()) }
    }

    fn copy(&mut self, length: u64, to: &mut impl Write) -> Result<()> {
        let copied = std::io::copy(&mut self.stream.by_ref().take(length), to)?;
        if copied == length { Ok(()) } else { Err("the response is incomplete".into()) }
    }

    fn read_line_end(&mut self) -> Result<()> {
        let mut end = [0; 2];
        Ok(self.stream.read_exact(&mut end)?)
    }
}
