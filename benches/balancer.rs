//! A plain load balancer: it hands connections round in turn, and passes on what is sent.

use std::{net::TcpListener, thread};

use actix_web::rt::{self, System};
use tokio::{io::copy_bidirectional_with_sizes, net};

use crate::{Result, print};

/// How much is passed on at once: a page of 50 entries.
const CHUNK: usize = 32 * 1024;

/// Starts a balancer before addresses, on a thread of its own; its own address. It lasts as long as
/// this program.
pub fn start(behind: Vec<String>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        if let Err(error) = System::new().block_on(serve(listener, behind)) {
            let _ = print(&format!("the balancer: {error}\n"));
        }
    });
    Ok(address)
}

async fn serve(listener: TcpListener, behind: Vec<String>) -> std::io::Result<()> {
    let listener = net::TcpListener::from_std(listener)?;
    for address in behind.iter().cycle() {
        let (client, _) = listener.accept().await?;
        let service = net::TcpStream::connect(address.trim_start_matches("http://")).await?;
        rt::spawn(pass_on(client, service));
    }
    Ok(())
}

/// Until one of them closes its connection; wrk does so in the middle of an answer.
async fn pass_on(mut client: net::TcpStream, mut service: net::TcpStream) {
    let _ = client.set_nodelay(true);
    let _ = service.set_nodelay(true);
    let _ = copy_bidirectional_with_sizes(&mut client, &mut service, CHUNK, CHUNK).await;
}
