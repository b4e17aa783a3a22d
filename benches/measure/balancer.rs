//! A plain load balancer: round-robin by connection.

use std::{net::TcpListener, thread};

use actix_web::rt::{self, System};
use tokio::{io::copy_bidirectional_with_sizes, net};

use crate::{error::Result, output::print};

/// The size of a buffer, in bytes: a page of 50 entries.
const BUFFER: usize = 32 * 1024;

/// Starts a balancer in front of services, and returns its address. Its thread ends with this
/// program.
pub fn start(services: Vec<String>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        if let Err(error) = System::new().block_on(serve(listener, services)) {
            let _ = print(&format!("the balancer: {error}\n"));
        }
    });
    Ok(address)
}

async fn serve(listener: TcpListener, services: Vec<String>) -> std::io::Result<()> {
    let listener = net::TcpListener::from_std(listener)?;
    for address in services.iter().cycle() {
        let (client, _) = listener.accept().await?;
        let service = net::TcpStream::connect(address.trim_start_matches("http://")).await?;
        rt::spawn(forward(client, service));
    }
    Ok(())
}

/// Copies both ways until one side closes. An error is not reported, because wrk closes its
/// connections in the middle of a response.
async fn forward(mut client: net::TcpStream, mut service: net::TcpStream) {
    let _ = client.set_nodelay(true);
    let _ = service.set_nodelay(true);
    let _ = copy_bidirectional_with_sizes(&mut client, &mut service, BUFFER, BUFFER).await;
}
